// sources: native/uevent_queue.cc native/uevent_parse.cc
#include "uevent_queue.h"

#include <algorithm>
#include <map>
#include <random>

#include "check.h"
#include "uevent_messages.h"

using mpathd::ParseUevent;
using mpathd::UeventGroup;
using mpathd::UeventQueue;
using std::string;
using Outcome = UeventQueue::Outcome;

namespace {

constexpr char kUuid[] = "9a3b1f1e-0000-4000-8000-000000000001";

Outcome Add(UeventQueue& queue, const string& message, UeventGroup group = UeventGroup::kKernel) {
  const auto event = ParseUevent(message, group);
  if (!event) {
    check::Report(__FILE__, __LINE__, "the test's message is malformed");
    return Outcome::kFull;
  }
  return queue.Add(message, *event, group);
}

std::vector<string> Kept(const UeventQueue& queue) {
  std::vector<string> messages;
  queue.ForEach([&](std::string_view message) { messages.emplace_back(message); });
  return messages;
}

string PathEvent(const char* action, unsigned dm_seqnum, unsigned seqnum) {
  return DiskMessage("change", "dm-0", 3, seqnum, {{"DM_ACTION", action}, {"DM_SEQNUM", std::to_string(dm_seqnum)}});
}

}  // namespace

TEST(is_empty_at_first) {
  UeventQueue queue(4);
  CHECK_EQ(queue.size(), 0u);
  CHECK(Kept(queue).empty());
  CHECK(queue.bytes() > 0);
}

TEST(gives_messages_back_byte_for_byte_in_order) {
  UeventQueue queue(16);
  const std::vector<string> messages = {DiskMessage("add", "sda", 1, 1), DiskMessage("add", "sdb", 2, 2),
                                        DiskMessage("change", "sda", 1, 3), DiskMessage("remove", "sda", 1, 4)};
  for (const string& message : messages) CHECK(Add(queue, message) == Outcome::kQueued);
  CHECK(Kept(queue) == messages);
  CHECK_EQ(queue.size(), 4u);
}

TEST(a_repeated_change_takes_the_place_of_the_last_one) {
  UeventQueue queue(16);
  Add(queue, DiskMessage("change", "sda", 1, 9));
  Add(queue, DiskMessage("add", "sdb", 2, 10));
  CHECK(Add(queue, DiskMessage("change", "sda", 1, 11)) == Outcome::kCoalesced);
  const std::vector<string> expected = {DiskMessage("change", "sda", 1, 11), DiskMessage("add", "sdb", 2, 10)};
  CHECK(Kept(queue) == expected);
}

TEST(a_storm_of_equal_changes_is_one_event) {
  UeventQueue queue(2);
  for (unsigned seqnum = 1; seqnum <= 10000; ++seqnum) Add(queue, DiskMessage("change", "sda", 1, seqnum));
  CHECK(Kept(queue) == std::vector<string>{DiskMessage("change", "sda", 1, 10000)});
}

TEST(never_merges_across_another_event_of_the_device) {
  UeventQueue queue(16);
  const std::vector<string> messages = {DiskMessage("change", "sda", 1, 1), DiskMessage("remove", "sda", 1, 2),
                                        DiskMessage("change", "sda", 1, 3)};
  for (const string& message : messages) CHECK(Add(queue, message) == Outcome::kQueued);
  CHECK(Kept(queue) == messages);
}

TEST(never_merges_what_differs_or_what_each_counts_for_itself) {
  const struct {
    const char* what;
    string first, second;
  } cases[] = {
      {"removes", DiskMessage("remove", "sda", 1, 1), DiskMessage("remove", "sda", 1, 2)},
      {"adds", DiskMessage("add", "sda", 1, 1), DiskMessage("add", "sda", 1, 2)},
      {"another diskseq under the same name", DiskMessage("change", "sda", 1, 1), DiskMessage("change", "sda", 2, 2)},
      {"another device", DiskMessage("change", "sda", 1, 1), DiskMessage("change", "sdb", 1, 2)},
      {"RESIZE in the first", DiskMessage("change", "sda", 1, 1, {{"RESIZE", "1"}}),
       DiskMessage("change", "sda", 1, 2)},
      {"RESIZE in the second", DiskMessage("change", "sda", 1, 1),
       DiskMessage("change", "sda", 1, 2, {{"RESIZE", "1"}})},
      {"other value", DiskMessage("change", "sda", 1, 1, {{"DISK_RO", "1"}}),
       DiskMessage("change", "sda", 1, 2, {{"DISK_RO", "0"}})},
      {"PATH_FAILED", PathEvent("PATH_FAILED", 1, 1), PathEvent("PATH_FAILED", 1, 2)},
      {"PATH_REINSTATED", PathEvent("PATH_REINSTATED", 1, 1), PathEvent("PATH_REINSTATED", 2, 2)},
      {"fences", DiskMessage("change", "sda", 1, 1, {{"SYNTH_UUID", kUuid}}),
       DiskMessage("change", "sda", 1, 2, {{"SYNTH_UUID", kUuid}})},
  };
  for (const auto& c : cases) {
    UeventQueue queue(16);
    Add(queue, c.first);
    if (Add(queue, c.second) != Outcome::kQueued || Kept(queue).size() != 2) check::Report(__FILE__, __LINE__, c.what);
  }
}

TEST(merges_synthetic_changes_without_a_uuid) {
  UeventQueue queue(16);
  Add(queue, DiskMessage("change", "sda", 1, 1, {{"SYNTH_UUID", "0"}}));
  CHECK(Add(queue, DiskMessage("change", "sda", 1, 2, {{"SYNTH_UUID", "0"}})) == Outcome::kCoalesced);
}

TEST(merges_udevs_changes_too) {
  const auto message = [](unsigned seqnum) {
    return UdevMessage({{"ACTION", "change"}, {"DEVPATH", "/devices/block/sda"}, {"SEQNUM", std::to_string(seqnum)}});
  };
  UeventQueue queue(16);
  Add(queue, message(5), UeventGroup::kUdev);
  CHECK(Add(queue, message(6), UeventGroup::kUdev) == Outcome::kCoalesced);
  CHECK(Kept(queue) == std::vector<string>{message(6)});
}

TEST(a_sequence_number_that_grew_far_longer_is_kept_as_an_event_of_its_own) {
  UeventQueue queue(4);
  for (size_t length = 0; length < 16; ++length) {
    queue.Clear();
    const string pad(length, 'x');
    const auto message = [&](const char* seqnum) {
      return KernelMessage("change", "/devices/" + pad, {{"SEQNUM", seqnum}});
    };
    Add(queue, message("1"));
    Add(queue, message("9007199254740991"));
    const std::vector<string> kept = Kept(queue);
    CHECK(kept.back() == message("9007199254740991"));
  }
}

TEST(is_full_at_its_limit_and_says_so) {
  UeventQueue queue(3);
  for (unsigned i = 0; i < 3; ++i)
    CHECK(Add(queue, DiskMessage("add", "sd" + std::to_string(i), i, i)) == Outcome::kQueued);
  CHECK(Add(queue, DiskMessage("add", "sdz", 99, 99)) == Outcome::kFull);
  CHECK_EQ(queue.size(), 3u);
}

TEST(a_full_queue_still_merges) {
  UeventQueue queue(1);
  Add(queue, DiskMessage("change", "sda", 1, 1));
  CHECK(Add(queue, DiskMessage("change", "sda", 1, 2)) == Outcome::kCoalesced);
}

TEST(is_full_when_its_bytes_are_used_up) {
  UeventQueue queue(100);
  const Pairs large = {{"NOISE", string(60000, 'n')}};
  unsigned taken = 0;
  while (taken < 100 && Add(queue, DiskMessage("add", "sda", 1, taken + 1, large)) == Outcome::kQueued) ++taken;
  CHECK(taken >= 2);
  CHECK(taken < 100);
  CHECK_EQ(Kept(queue).size(), static_cast<size_t>(taken));
}

TEST(forgets_everything_when_cleared) {
  UeventQueue queue(2);
  for (unsigned round = 0; round < 1000; ++round) {
    CHECK(Add(queue, DiskMessage("change", "sda", 1, round)) == Outcome::kQueued);
    CHECK(Add(queue, DiskMessage("change", "sdb", 2, round)) == Outcome::kQueued);
    queue.Clear();
    CHECK_EQ(queue.size(), 0u);
  }
}

TEST(any_history_keeps_every_remove_and_each_devices_order) {
  std::mt19937 random(7);
  for (unsigned history = 0; history < 300; ++history) {
    UeventQueue queue(400);
    std::map<string, std::vector<string>> expected;
    for (unsigned seqnum = 1000; seqnum < 1300; ++seqnum) {
      const char* actions[] = {"change", "change", "change", "add", "remove"};
      const string action = actions[random() % 5];
      const unsigned disk = random() % 4;
      const string key = std::to_string(disk);
      // What it says, without when.
      const string said = action + (random() % 4 == 0 ? "RESIZE" : "");
      const Pairs more = said == action ? Pairs{} : Pairs{{"RESIZE", "1"}};
      Add(queue, DiskMessage(action, "sd" + key, disk, seqnum, more));
      std::vector<string>& list = expected[key];
      if (action == "change" && !list.empty() && list.back() == said) continue;
      list.push_back(said);
    }
    std::map<string, std::vector<string>> actual;
    queue.ForEach([&](std::string_view message) {
      const auto event = ParseUevent(message, UeventGroup::kKernel);
      const bool resize = message.find("RESIZE") != std::string_view::npos;
      actual[std::to_string(*event->diskseq)].push_back(string(event->action) + (resize ? "RESIZE" : ""));
    });
    if (actual != expected) check::Report(__FILE__, __LINE__, "history " + std::to_string(history));
  }
}
