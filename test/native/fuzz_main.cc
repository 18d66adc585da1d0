// A mutation fuzzer for drivers written for libFuzzer: g++ has none of its own. The sanitizers judge.
// First come the same inputs in every run. Then, for FUZZ_SECONDS (3), come inputs of a fresh seed, which is
// printed before them; FUZZ_SEED repeats them.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
/** Well-formed inputs to start from. */
std::vector<std::string> FuzzSeeds();

namespace {

using Random = std::mt19937_64;

size_t Below(Random& random, size_t bound) { return bound == 0 ? 0 : random() % bound; }

void Mutate(Random& random, std::string& input, const std::vector<std::string>& seeds) {
  static const unsigned char kEdges[] = {0, 1, '=', '@', '/', '0', '9', 0x7f, 0x80, 0xff};
  const size_t at = Below(random, input.size() + 1);
  switch (Below(random, 8)) {
    case 0:  // flip a bit
      if (at < input.size()) input[at] = static_cast<char>(input[at] ^ (1 << Below(random, 8)));
      break;
    case 1:  // set a byte to something that parsers care about
      if (at < input.size()) input[at] = static_cast<char>(kEdges[Below(random, sizeof kEdges)]);
      break;
    case 2:  // cut the tail
      input.resize(at);
      break;
    case 3:  // cut a piece out
      input.erase(at, Below(random, 16));
      break;
    case 4:  // insert noise
      input.insert(at, Below(random, 16) + 1, static_cast<char>(random()));
      break;
    case 5: {  // splice in a piece of a seed
      const std::string& other = seeds[Below(random, seeds.size())];
      const size_t from = Below(random, other.size());
      input.insert(at, other.substr(from, Below(random, 64)));
      break;
    }
    case 6:  // double a piece
      if (at < input.size()) input.insert(at, input.substr(at, Below(random, 64)));
      break;
    default:  // overwrite four bytes with an extreme number
      if (input.size() >= 4) {
        static const uint32_t kNumbers[] = {0, 1, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};
        const uint32_t number = kNumbers[Below(random, 6)];
        input.replace(Below(random, input.size() - 3), 4, reinterpret_cast<const char*>(&number), 4);
      }
  }
}

void RunOne(const std::string& input) {
  // An exact heap block, so that AddressSanitizer sees a read of one byte too many.
  std::vector<uint8_t> exact(input.begin(), input.end());
  LLVMFuzzerTestOneInput(exact.data(), exact.size());
}

}  // namespace

/** The environment's number; `standard` if it has none. */
unsigned long NumberOf(const char* name, unsigned long standard) {
  const char* text = std::getenv(name);
  return text == nullptr || *text == '\0' ? standard : std::strtoul(text, nullptr, 10);
}

std::string Mutated(Random& random, const std::vector<std::string>& seeds) {
  std::string input = seeds[Below(random, seeds.size())];
  for (size_t i = Below(random, 6) + 1; i > 0; --i) Mutate(random, input, seeds);
  return input;
}

int main(int argc, char** argv) {
  const long runs = argc > 1 ? std::atol(argv[1]) : 20000;
  const std::vector<std::string> seeds = FuzzSeeds();
  Random random(20240229);
  RunOne("");
  for (const std::string& seed : seeds) {
    RunOne(seed);
    for (size_t length = 0; length < seed.size(); ++length) RunOne(seed.substr(0, length));
  }
  for (long run = 0; run < runs; ++run) RunOne(Mutated(random, seeds));

  const unsigned long seed = NumberOf("FUZZ_SEED", std::random_device()());
  std::printf("fresh inputs: FUZZ_SEED=%lu\n", seed);
  std::fflush(stdout);
  using Clock = std::chrono::steady_clock;
  const Clock::time_point until = Clock::now() + std::chrono::seconds(NumberOf("FUZZ_SECONDS", 3));
  Random fresh(seed);
  long more = 0;
  for (; !seeds.empty() && Clock::now() < until; ++more) RunOne(Mutated(fresh, seeds));
  std::printf("%ld mutated inputs from %zu seeds, %ld of them fresh, no fault\n", runs + more, seeds.size(), more);
  return seeds.empty() ? EXIT_FAILURE : EXIT_SUCCESS;
}
