// sources: native/uevent_gaps.cc
#include "uevent_gaps.h"

#include <fstream>
#include <random>
#include <set>
#include <sstream>

#include "check.h"

using mpathd::MissingSeqnums;
using mpathd::SeqnumGaps;

namespace {

/** What a Take() gives, in the vectors' words. */
std::string Told(SeqnumGaps& gaps, uint64_t now_ms) {
  MissingSeqnums missing;
  if (!gaps.Take(now_ms, &missing)) return "none";
  return std::to_string(missing.count) + " " + std::to_string(missing.first) + " " + std::to_string(missing.last);
}

/** `5` or `5-9`. */
std::pair<uint64_t, uint64_t> Range(const std::string& text) {
  const size_t dash = text.find('-');
  const uint64_t first = std::stoull(text);
  return {first, dash == std::string::npos ? first : std::stoull(text.substr(dash + 1))};
}

}  // namespace

TEST(does_what_the_vectors_say) {
  std::ifstream file("test/vectors/seqnumGaps.txt");
  std::string line, title;
  SeqnumGaps gaps;
  size_t takes = 0;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string verb, numbers, expected;
    uint64_t at = 0;
    words >> verb;
    if (verb == "case") {
      title = line;
      gaps = SeqnumGaps();
    } else if (verb == "forget") {
      gaps.Forget();
    } else if (verb == "see") {
      words >> numbers >> at;
      const auto [first, last] = Range(numbers);
      for (uint64_t n = first; n <= last; ++n) gaps.See(n, at);
    } else if (verb == "take") {
      words >> at >> std::ws;
      std::getline(words, expected);
      const std::string told = Told(gaps, at);
      if (told != expected)
        check::Report("test/vectors/seqnumGaps.txt", __LINE__, title + ": " + line + ", but got " + told);
      ++takes;
    }
  }
  CHECK(takes > 20);
}

TEST(more_holes_than_there_is_room_for_are_told_early_and_none_is_forgotten) {
  SeqnumGaps gaps;
  const uint64_t holes = 3 * SeqnumGaps::kMostOpen;
  for (uint64_t n = 0; n <= holes; ++n) gaps.See(1 + 2 * n, 0);
  MissingSeqnums early, late;
  CHECK(gaps.Take(0, &early));
  CHECK_EQ(early.count, holes - SeqnumGaps::kMostOpen);
  CHECK_EQ(early.first, 2u);
  CHECK(gaps.Take(SeqnumGaps::kPatienceMs, &late));
  CHECK_EQ(late.count, SeqnumGaps::kMostOpen);
  CHECK_EQ(late.last, 2 * holes);
}

TEST(a_hole_split_without_room_for_its_halves_loses_none) {
  SeqnumGaps gaps;
  gaps.See(1, 0);
  gaps.See(1001, 0);
  uint64_t next = 1001;
  for (size_t i = 1; i < SeqnumGaps::kMostOpen; ++i) gaps.See(next += 2, 0);
  gaps.See(500, 0);
  MissingSeqnums missing;
  CHECK(gaps.Take(SeqnumGaps::kPatienceMs, &missing));
  CHECK_EQ(missing.count, 998 + SeqnumGaps::kMostOpen - 1);
  CHECK_EQ(missing.first, 2u);
}

/** Against a set of numbers, with events out of order as several writers make them. */
TEST(random_orders_with_random_losses_tell_exactly_what_did_not_come) {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    std::mt19937 random(seed);
    std::vector<uint64_t> order;
    for (uint64_t n = 1; n <= 400; ++n) order.push_back(n);
    for (size_t i = 0; i + 1 < order.size(); ++i)
      std::swap(order[i], order[i + random() % std::min<size_t>(8, order.size() - i)]);
    SeqnumGaps gaps;
    gaps.See(order[0] = 1, 0);
    std::set<uint64_t> seen = {1};
    for (size_t i = 1; i < order.size(); ++i) {
      if (random() % 10 == 0) continue;
      gaps.See(order[i], i % 500);
      seen.insert(order[i]);
    }
    const uint64_t below = *seen.rbegin();
    MissingSeqnums missing;
    const bool told = gaps.Take(5000, &missing);
    CHECK_EQ(told ? missing.count : 0, below - seen.size());
  }
}
