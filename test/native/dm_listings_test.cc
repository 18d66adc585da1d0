// sources: native/dm_listings.cc
#include "dm_listings.h"

#include <algorithm>
#include <map>
#include <random>
#include <thread>

#include "check.h"

using mpathd::dm::ListEntry;
using mpathd::dm::Listing;
using mpathd::dm::Listings;

namespace {

ListEntry Entry(uint64_t dev, const std::string& name, uint32_t event_nr = 0, const std::string& uuid = "u") {
  return {dev, event_nr, name, uuid};
}

/** `+a1 b2 -3`: devices by name and event number, and the numbers that are gone. */
std::string Told(const Listing& listing) {
  std::string text = listing.since ? "since " + std::to_string(*listing.since) : "whole";
  for (const ListEntry& entry : listing.devices) text += " +" + entry.name + std::to_string(entry.event_nr);
  for (uint64_t dev : listing.gone) text += " -" + std::to_string(dev);
  return text;
}

}  // namespace

TEST(the_first_is_whole_whatever_is_asked_for) {
  for (std::optional<uint64_t> since :
       {std::optional<uint64_t>(), std::optional<uint64_t>(0), std::optional<uint64_t>(1)}) {
    Listings listings;
    const Listing first = listings.Next({Entry(2, "b"), Entry(1, "a")}, since);
    CHECK_EQ(Told(first), std::string("whole +b0 +a0"));
    CHECK_EQ(first.number, uint64_t{1});
  }
}

TEST(who_has_the_last_gets_what_has_changed) {
  Listings listings;
  uint64_t number = listings.Next({Entry(1, "a"), Entry(2, "b"), Entry(3, "c")}, {}).number;
  const std::vector<std::pair<std::vector<ListEntry>, std::string>> steps = {
      {{Entry(3, "c"), Entry(2, "b"), Entry(1, "a")}, "since 1"},
      {{Entry(1, "a"), Entry(2, "b", 1), Entry(3, "c")}, "since 2 +b1"},
      {{Entry(1, "x"), Entry(2, "b", 1), Entry(3, "c", 0, "other")}, "since 3 +x0 +c0"},
      {{Entry(2, "b", 1), Entry(4, "d")}, "since 4 +d0 -1 -3"},
      {{}, "since 5 -2 -4"},
      {{Entry(9, "z")}, "since 6 +z0"},
  };
  for (const auto& [devices, expected] : steps) {
    const Listing listing = listings.Next(devices, number);
    CHECK_EQ(Told(listing), expected);
    CHECK_EQ(listing.number, number + 1);
    number = listing.number;
  }
}

TEST(who_has_another_gets_all) {
  Listings listings;
  const uint64_t first = listings.Next({Entry(1, "a")}, {}).number;
  const uint64_t lost = listings.Next({Entry(1, "a", 1)}, first).number;
  CHECK_EQ(Told(listings.Next({Entry(1, "a", 1)}, first)), std::string("whole +a1"));
  CHECK_EQ(Told(listings.Next({Entry(1, "a", 1)}, lost)), std::string("whole +a1"));
  CHECK_EQ(Told(listings.Next({Entry(1, "a", 1)}, lost + 1000)), std::string("whole +a1"));
}

TEST(the_changes_make_the_new_list_of_the_old) {
  std::mt19937 random(1);
  Listings listings;
  std::map<uint64_t, ListEntry> asker;
  std::optional<uint64_t> have;
  for (int round = 0; round < 2000; ++round) {
    std::vector<ListEntry> devices;
    for (uint64_t dev = 0; dev < 6; ++dev) {
      if (random() % 3 != 0)
        devices.push_back(Entry(dev, std::string(1, static_cast<char>('a' + random() % 2)), random() % 2));
    }
    std::shuffle(devices.begin(), devices.end(), random);
    const Listing listing = listings.Next(devices, have);
    // An answer that did not arrive.
    if (random() % 5 == 0) continue;
    if (!listing.since)
      asker.clear();
    else
      CHECK(have == listing.since);
    for (uint64_t dev : listing.gone) CHECK_EQ(asker.erase(dev), size_t{1});
    for (const ListEntry& entry : listing.devices) asker.insert_or_assign(entry.dev, entry);
    have = listing.number;
    CHECK_EQ(asker.size(), devices.size());
    for (const ListEntry& entry : devices) {
      const auto found = asker.find(entry.dev);
      CHECK(found != asker.end() && found->second.name == entry.name && found->second.event_nr == entry.event_nr);
    }
  }
}

TEST(several_threads_may_ask) {
  Listings listings;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&listings] {
      std::optional<uint64_t> have;
      for (int i = 0; i < 500; ++i) have = listings.Next({Entry(1, "a", i)}, have).number;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK_EQ(listings.Next({}, {}).number, uint64_t{2001});
}
