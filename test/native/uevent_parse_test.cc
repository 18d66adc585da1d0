// sources: native/uevent_parse.cc
#include "uevent_parse.h"

#include "check.h"
#include "uevent_messages.h"

using mpathd::ParseUevent;
using mpathd::UeventGroup;
using mpathd::UeventProperties;
using mpathd::UeventView;

namespace {

using std::string;

const Pairs kUdevDisk = {{"ACTION", "add"},      {"DEVPATH", "/devices/x/block/sda"},
                         {"SUBSYSTEM", "block"}, {"SEQNUM", "77"},
                         {"DEVTYPE", "disk"},    {"MAJOR", "8"},
                         {"MINOR", "0"},         {"DISKSEQ", "9"},
                         {"ID_SERIAL", "3600a"}};

bool KernelTakes(const string& message) { return ParseUevent(message, UeventGroup::kKernel).has_value(); }
bool UdevTakes(const string& message) { return ParseUevent(message, UeventGroup::kUdev).has_value(); }

/** A message of the header's form with these bytes as properties. */
string Raw(const string& header, const string& properties) { return header + string(1, '\0') + properties; }

Pairs AllProperties(UeventProperties properties) {
  Pairs pairs;
  std::string_view key, value;
  while (properties.Next(&key, &value)) pairs.emplace_back(key, value);
  return pairs;
}

}  // namespace

TEST(reads_a_kernel_message_of_a_disk) {
  const string message = DiskMessage("change", "loop3", 42, 1234, {{"RESIZE", "1"}, {"SYNTH_UUID", "0"}});
  const auto event = ParseUevent(message, UeventGroup::kKernel);
  CHECK(event.has_value());
  if (!event) return;
  CHECK_EQ(string(event->action), "change");
  CHECK_EQ(string(event->devpath), "/devices/virtual/block/loop3");
  CHECK_EQ(string(event->subsystem), "block");
  CHECK_EQ(string(event->devtype), "disk");
  CHECK_EQ(string(event->major), "8");
  CHECK_EQ(string(event->minor), "16");
  CHECK_EQ(string(event->synth_uuid), "0");
  CHECK_EQ(event->diskseq.value_or(0), 42u);
  CHECK_EQ(event->seqnum, 1234u);
}

TEST(keeps_all_properties_in_order) {
  const string message = KernelMessage("add", "/devices/x", {{"EMPTY", ""}, {"WITH", "a=b"}, {"SEQNUM", "1"}});
  const auto event = ParseUevent(message, UeventGroup::kKernel);
  CHECK(event.has_value());
  if (!event) return;
  const Pairs expected = {
      {"ACTION", "add"}, {"DEVPATH", "/devices/x"}, {"EMPTY", ""}, {"WITH", "a=b"}, {"SEQNUM", "1"}};
  CHECK(AllProperties(event->properties) == expected);
}

TEST(takes_a_kernel_message_without_optional_properties) {
  const string message = Raw("add@/devices/x", Properties({{"SEQNUM", "5"}}));
  const auto event = ParseUevent(message, UeventGroup::kKernel);
  CHECK(event.has_value());
  if (!event) return;
  CHECK(event->subsystem.empty());
  CHECK(event->major.empty());
  CHECK(!event->diskseq.has_value());
  CHECK(event->synth_uuid.empty());
}

TEST(keeps_an_at_sign_in_the_devpath) {
  const string message = Raw("add@/devices/a@b", Properties({{"SEQNUM", "5"}}));
  const auto event = ParseUevent(message, UeventGroup::kKernel);
  CHECK(event.has_value() && event->devpath == "/devices/a@b");
}

TEST(refuses_malformed_kernel_messages) {
  const string ok = Properties({{"SEQNUM", "1"}});
  CHECK(KernelTakes(Raw("add@/d", ok)));
  const struct {
    const char* why;
    string message;
  } cases[] = {
      {"empty", ""},
      {"only a NUL", string(1, '\0')},
      {"header not ended", "add@/devices/x"},
      {"no at sign", Raw("add/devices/x", ok)},
      {"no action", Raw("@/devices/x", ok)},
      {"no devpath", Raw("add@", ok)},
      {"devpath is the root", Raw("add@/", ok)},
      {"devpath relative", Raw("add@devices/x", ok)},
      {"no SEQNUM", Raw("add@/d", Properties({{"SUBSYSTEM", "block"}}))},
      {"no properties", Raw("add@/d", "")},
      {"last property not ended", Raw("add@/d", ok + "A=b")},
      {"property without =", Raw("add@/d", string("NOISE\0", 6) + ok)},
      {"property without key", Raw("add@/d", string("=x\0", 3) + ok)},
      {"empty property", Raw("add@/d", string(1, '\0') + ok)},
      {"SEQNUM empty", Raw("add@/d", Properties({{"SEQNUM", ""}}))},
      {"SEQNUM negative", Raw("add@/d", Properties({{"SEQNUM", "-1"}}))},
      {"SEQNUM with blank", Raw("add@/d", Properties({{"SEQNUM", " 1"}}))},
      {"SEQNUM hexadecimal", Raw("add@/d", Properties({{"SEQNUM", "0x1"}}))},
      {"SEQNUM beyond 2^53 - 1", Raw("add@/d", Properties({{"SEQNUM", "9007199254740992"}}))},
      {"SEQNUM of 40 digits", Raw("add@/d", Properties({{"SEQNUM", string(40, '9')}}))},
      {"SEQNUM twice", Raw("add@/d", ok + ok)},
      {"DISKSEQ no number", Raw("add@/d", ok + Properties({{"DISKSEQ", "x"}}))},
      {"DISKSEQ twice", Raw("add@/d", ok + Properties({{"DISKSEQ", "1"}, {"DISKSEQ", "2"}}))},
      {"MAJOR alone", Raw("add@/d", ok + Properties({{"MAJOR", "8"}}))},
      {"MINOR alone", Raw("add@/d", ok + Properties({{"MINOR", "8"}}))},
      {"MAJOR no number", Raw("add@/d", ok + Properties({{"MAJOR", "8:"}, {"MINOR", "0"}}))},
      {"MINOR too large", Raw("add@/d", ok + Properties({{"MAJOR", "8"}, {"MINOR", "4294967296"}}))},
      {"ACTION other than the header's", Raw("add@/d", ok + Properties({{"ACTION", "remove"}}))},
      {"DEVPATH other than the header's", Raw("add@/d", ok + Properties({{"DEVPATH", "/e"}}))},
      {"two SYNTH_UUIDs", Raw("add@/d", ok + Properties({{"SYNTH_UUID", "0"}, {"SYNTH_UUID", "1"}}))},
      {"a udev message", UdevMessage(kUdevDisk)},
  };
  for (const auto& c : cases) {
    if (KernelTakes(c.message)) check::Report(__FILE__, __LINE__, string("taken: ") + c.why);
  }
}

TEST(takes_the_largest_exact_numbers) {
  const string message =
      Raw("add@/d", Properties({{"SEQNUM", "9007199254740991"}, {"MAJOR", "4294967295"}, {"MINOR", "0"}}));
  const auto event = ParseUevent(message, UeventGroup::kKernel);
  CHECK(event.has_value() && event->seqnum == 9007199254740991u);
}

TEST(every_cut_of_a_kernel_message_is_refused_or_ends_at_a_property) {
  const string message = DiskMessage("add", "sda", 1, 2);
  for (size_t length = 0; length < message.size(); ++length) {
    // SEQNUM is the last property, so no proper prefix can be whole.
    if (KernelTakes(message.substr(0, length))) check::Report(__FILE__, __LINE__, "taken at " + std::to_string(length));
  }
}

TEST(reads_a_udev_message) {
  const string message = UdevMessage(kUdevDisk);
  const auto event = ParseUevent(message, UeventGroup::kUdev);
  CHECK(event.has_value());
  if (!event) return;
  CHECK_EQ(string(event->action), "add");
  CHECK_EQ(string(event->devpath), "/devices/x/block/sda");
  CHECK_EQ(event->seqnum, 77u);
  CHECK_EQ(event->diskseq.value_or(0), 9u);
  CHECK(AllProperties(event->properties) == kUdevDisk);
}

TEST(follows_the_properties_offset_of_a_longer_header) {
  UdevHeader header;
  const string properties = Properties(kUdevDisk);
  header.properties_off = 48;
  header.properties_len = static_cast<uint32_t>(properties.size());
  CHECK(UdevTakes(WithHeader(header, string(8, 'x') + properties)));
}

TEST(ignores_what_follows_the_properties_of_a_udev_message) { CHECK(UdevTakes(UdevMessage(kUdevDisk) + "trailing")); }

TEST(refuses_malformed_udev_messages) {
  const string properties = Properties(kUdevDisk);
  const auto with = [&](auto change) {
    UdevHeader header;
    header.properties_len = static_cast<uint32_t>(properties.size());
    change(header);
    return WithHeader(header, properties);
  };
  CHECK(UdevTakes(with([](UdevHeader&) {})));
  const struct {
    const char* why;
    string message;
  } cases[] = {
      {"empty", ""},
      {"kernel's format", DiskMessage("add", "sda", 1, 2)},
      {"header cut", UdevMessage(kUdevDisk).substr(0, 39)},
      {"prefix", with([](UdevHeader& h) { h.prefix[0] = 'L'; })},
      {"prefix not ended", with([](UdevHeader& h) { h.prefix[7] = '2'; })},
      {"magic in the wrong order", with([](UdevHeader& h) { h.magic = 0xfeedcafe; })},
      {"offset 0", with([](UdevHeader& h) { h.properties_off = 0; })},
      {"offset into the header", with([](UdevHeader& h) { h.properties_off = 39; })},
      {"offset behind the end", with([](UdevHeader& h) { h.properties_off = 4000; })},
      {"offset extreme", with([](UdevHeader& h) { h.properties_off = 0xffffffff; })},
      {"length behind the end", with([](UdevHeader& h) { h.properties_len += 1; })},
      {"length that wraps", with([](UdevHeader& h) { h.properties_len = 0xffffffd8; })},
      {"length 0", with([](UdevHeader& h) { h.properties_len = 0; })},
      {"length within a property", with([](UdevHeader& h) { h.properties_len -= 1; })},
      {"no ACTION", UdevMessage({{"DEVPATH", "/d"}, {"SEQNUM", "1"}})},
      {"no DEVPATH", UdevMessage({{"ACTION", "add"}, {"SEQNUM", "1"}})},
      {"no SEQNUM", UdevMessage({{"ACTION", "add"}, {"DEVPATH", "/d"}})},
      {"ACTION twice", UdevMessage({{"ACTION", "add"}, {"ACTION", "remove"}, {"DEVPATH", "/d"}, {"SEQNUM", "1"}})},
  };
  for (const auto& c : cases) {
    if (UdevTakes(c.message)) check::Report(__FILE__, __LINE__, string("taken: ") + c.why);
  }
}

TEST(knows_udevs_magic) {
  CHECK(mpathd::HasUdevMagic(UdevMessage(kUdevDisk)));
  CHECK(mpathd::HasUdevMagic(UdevMessage({})));
  CHECK(!mpathd::HasUdevMagic(DiskMessage("add", "sda", 1, 2)));
  CHECK(!mpathd::HasUdevMagic(string("libudev\0\xfe\xed\xca", 11)));
  CHECK(!mpathd::HasUdevMagic(string("libudev\0\xca\xfe\xed\xfe", 12)));
}

TEST(keeps_what_the_daemon_has_a_use_for) {
  const struct {
    const char* what;
    Pairs pairs;
    const char* action;
    bool wanted;
  } cases[] = {
      {"disk", {{"SUBSYSTEM", "block"}}, "add", true},
      {"nvme controller", {{"SUBSYSTEM", "nvme"}}, "change", true},
      {"nvme subsystem object", {{"SUBSYSTEM", "nvme-subsystem"}}, "add", false},
      {"unit attention", {{"SUBSYSTEM", "scsi"}, {"SDEV_UA", "CAPACITY_DATA_HAS_CHANGED"}}, "change", true},
      {"scsi change of another kind", {{"SUBSYSTEM", "scsi"}}, "change", false},
      {"scsi device added", {{"SUBSYSTEM", "scsi"}, {"SDEV_UA", "x"}}, "add", false},
      {"unit attention of another subsystem", {{"SUBSYSTEM", "net"}, {"SDEV_UA", "x"}}, "change", false},
      {"fence", {{"SUBSYSTEM", "mem"}, {"SYNTH_UUID", "9a3b1f1e-0000-4000-8000-000000000001"}}, "change", true},
      {"synthetic without a UUID", {{"SUBSYSTEM", "mem"}, {"SYNTH_UUID", "0"}}, "change", false},
      {"network device", {{"SUBSYSTEM", "net"}}, "add", false},
      {"no subsystem", {}, "add", false},
  };
  for (const auto& c : cases) {
    Pairs pairs = c.pairs;
    pairs.emplace_back("SEQNUM", "1");
    const string message = KernelMessage(c.action, "/devices/x", pairs);
    const auto event = ParseUevent(message, UeventGroup::kKernel);
    CHECK(event.has_value());
    if (event && mpathd::IsOfInterest(*event) != c.wanted) check::Report(__FILE__, __LINE__, c.what);
  }
}

TEST(events_say_the_same_if_only_the_sequence_number_differs) {
  const string base = DiskMessage("change", "sda", 1, 100);
  const struct {
    const char* what;
    string other;
    bool same;
  } cases[] = {
      {"itself", base, true},
      {"later", DiskMessage("change", "sda", 1, 99999), true},
      {"other action", DiskMessage("add", "sda", 1, 100), false},
      {"other device", DiskMessage("change", "sdb", 1, 100), false},
      {"other diskseq", DiskMessage("change", "sda", 2, 100), false},
      {"one property more", DiskMessage("change", "sda", 1, 100, {{"RESIZE", "1"}}), false},
  };
  for (const auto& c : cases) {
    const auto left = ParseUevent(base, UeventGroup::kKernel), right = ParseUevent(c.other, UeventGroup::kKernel);
    CHECK(left && right);
    if (left && right && (SaysTheSame(*left, *right) != c.same || SaysTheSame(*right, *left) != c.same)) {
      check::Report(__FILE__, __LINE__, c.what);
    }
  }
}
