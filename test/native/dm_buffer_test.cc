// sources: native/dm_buffer.cc
#include "dm_buffer.h"

#include <functional>

#include "check.h"
#include "dm_answers.h"

using namespace mpathd::dm;

namespace {

const char kUuid[] = "mpath-33333330000007d0";

dm_ioctl FixedOf(const Buffer& buffer) {
  dm_ioctl fixed;
  std::memcpy(&fixed, buffer.data(), sizeof fixed);
  return fixed;
}

Buffer ListAnswer(const std::vector<answers::Device>& devices) {
  return answers::Answer(answers::Fixed(), answers::List(devices), 64);
}

Buffer TargetAnswer(const std::vector<answers::Line>& lines) {
  dm_ioctl fixed = answers::Fixed();
  fixed.target_count = lines.size();
  return answers::Answer(fixed, answers::Targets(lines), 64);
}

template <class T>
void Overwrite(Buffer& buffer, size_t offset, T value) {
  std::memcpy(buffer.data() + offset, &value, sizeof value);
}

constexpr size_t kData = sizeof(dm_ioctl);

}  // namespace

TEST(device_numbers_are_encoded_as_the_kernel_does) {
  // include/linux/kdev_t.h: new_encode_dev(), worked out by hand.
  CHECK_EQ(EncodeDevice(253, 0), 0xfd00ull);
  CHECK_EQ(EncodeDevice(8, 256), 0x100800ull);
  CHECK_EQ(EncodeDevice(4095, 1048575), 0xffffffffull);
  for (uint32_t minor : {0u, 1u, 255u, 256u, 65535u, 65536u, 1048575u}) {
    CHECK_EQ(MajorOf(EncodeDevice(259, minor)), 259u);
    CHECK_EQ(MinorOf(EncodeDevice(259, minor)), minor);
  }
  CHECK_EQ(DeviceText(0xfd05), "253:5");
}

TEST(device_numbers_are_read_strictly) {
  CHECK(ParseDevice("253:0") == EncodeDevice(253, 0));
  CHECK(ParseDevice("4095:1048575") == EncodeDevice(4095, 1048575));
  for (const char* text : {"", ":", "253", "253:", ":1", "4096:0", "1:1048576", "8:-1", "8: 1", "8:1 ", "08000:1",
                           "8:1:2", "0:0", "99999999999999999999:1", "8:99999999", "a:b"}) {
    CHECK(!ParseDevice(text));
  }
}

TEST(uuids_names_and_lines_are_checked) {
  CHECK(ValidUuid(kUuid));
  CHECK(ValidUuid(std::string(128, 'x')));
  CHECK(!ValidUuid(std::string(129, 'x')));
  CHECK(!ValidUuid(""));
  CHECK(!ValidUuid("a/b"));
  CHECK(!ValidUuid(std::string("a\0b", 3)));
  CHECK(!ValidUuid("a\n"));
  CHECK(!ValidUuid("\xc3\xa4"));

  CHECK(ValidName("mpatha"));
  CHECK(ValidName("my\\x20disk"));
  CHECK(ValidName(std::string(127, 'x')));
  CHECK(!ValidName(std::string(128, 'x')));
  for (const char* name : {"", ".", "..", "control", "a/b", "a b", "a\tb", "a\x7f", "\xff"}) CHECK(!ValidName(name));

  CHECK(ValidLine("0 0 1 1 service-time 0 1 1 8:0 1"));
  CHECK(!ValidLine(""));
  CHECK(!ValidLine("0 0\n0"));
  CHECK(!ValidLine(std::string(1024 * 1024, 'x')));
}

TEST(a_request_names_its_device_and_has_room_for_the_answer) {
  Request request;
  request.address.uuid = kUuid;
  request.flags = DM_NOFLUSH_FLAG;
  request.event_nr = 0x00601234;
  Buffer buffer = Encode(request, 1000);
  dm_ioctl fixed = FixedOf(buffer);
  CHECK_EQ(buffer.size(), kData + 1000);
  CHECK_EQ(fixed.version[0], 4u);
  CHECK_EQ(fixed.version[1], 0u);
  CHECK_EQ(fixed.data_size, buffer.size());
  CHECK_EQ(fixed.data_start, kData);
  CHECK_EQ(fixed.flags, static_cast<uint32_t>(DM_NOFLUSH_FLAG));
  CHECK_EQ(fixed.event_nr, 0x00601234u);
  CHECK_EQ(std::string(fixed.uuid), kUuid);
  CHECK_EQ(std::string(fixed.name), "");
  CHECK_EQ(fixed.dev, 0ull);
  for (size_t i = kData; i < buffer.size(); ++i) CHECK_EQ(buffer[i], 0);
}

TEST(the_longest_uuid_and_name_stay_terminated) {
  Request request;
  request.address.uuid = std::string(500, 'u');
  request.address.name = std::string(500, 'n');
  dm_ioctl fixed = FixedOf(Encode(request, 0));
  CHECK_EQ(std::string(fixed.uuid), std::string(128, 'u'));
  CHECK_EQ(std::string(fixed.name), std::string(127, 'n'));
}

TEST(a_table_is_one_aligned_target) {
  for (size_t length = 1; length < 20; ++length) {
    std::string params(length, 'p');
    Request request;
    request.target_count = 1;
    request.payload = TablePayload(16384, "multipath", params);
    Buffer buffer = Encode(request, 0);
    dm_target_spec spec;
    std::memcpy(&spec, buffer.data() + kData, sizeof spec);
    CHECK_EQ(spec.sector_start, 0ull);
    CHECK_EQ(spec.length, 16384ull);
    CHECK_EQ(std::string(spec.target_type), "multipath");
    CHECK_EQ(spec.next % 8, 0u);
    CHECK_EQ(spec.next, buffer.size() - kData);
    CHECK_EQ(std::string(reinterpret_cast<char*>(buffer.data()) + kData + sizeof spec), params);
  }
}

TEST(messages_and_names_end_with_a_nul) {
  CHECK_EQ(MessagePayload("fail_path 8:0"), std::string(8, '\0') + "fail_path 8:0" + '\0');
  CHECK_EQ(NamePayload("mpatha"), std::string("mpatha\0", 7));
}

TEST(a_header_is_read) {
  dm_ioctl fixed = answers::Fixed();
  fixed.flags = DM_ACTIVE_PRESENT_FLAG;
  fixed.open_count = 3;
  fixed.event_nr = 9;
  fixed.dev = EncodeDevice(253, 7);
  std::strcpy(fixed.name, "mpatha");
  std::strcpy(fixed.uuid, kUuid);
  std::optional<Header> header = ParseHeader(answers::Answer(fixed, ""));
  CHECK(header.has_value());
  if (!header) return;
  CHECK_EQ(header->version[1], 47u);
  CHECK_EQ(header->flags, static_cast<uint32_t>(DM_ACTIVE_PRESENT_FLAG));
  CHECK_EQ(header->open_count, 3);
  CHECK_EQ(header->event_nr, 9u);
  CHECK_EQ(header->dev, 0xfd07ull);
  CHECK_EQ(header->name, "mpatha");
  CHECK_EQ(header->uuid, kUuid);
}

TEST(headers_that_cannot_be_are_refused) {
  CHECK(!ParseHeader({}));
  CHECK(!ParseHeader(Buffer(kData - 1)));
  dm_ioctl major = answers::Fixed();
  major.version[0] = 5;
  CHECK(!ParseHeader(answers::Answer(major, "")));
  dm_ioctl name = answers::Fixed();
  std::memset(name.name, 'x', sizeof name.name);
  CHECK(!ParseHeader(answers::Answer(name, "")));
  dm_ioctl uuid = answers::Fixed();
  std::memset(uuid.uuid, 'x', sizeof uuid.uuid);
  CHECK(!ParseHeader(answers::Answer(uuid, "")));
}

TEST(a_list_is_read_entry_by_entry) {
  // Names of every length modulo 8: what follows them is aligned.
  std::vector<answers::Device> devices;
  for (uint32_t i = 0; i < 20; ++i) {
    devices.push_back({EncodeDevice(253, i), i * 7, std::string(i + 1, 'n'), i % 3 == 0 ? nullptr : kUuid});
  }
  std::optional<std::vector<ListEntry>> list = ParseList(ListAnswer(devices));
  CHECK(list.has_value() && list->size() == devices.size());
  if (!list) return;
  for (size_t i = 0; i < list->size(); ++i) {
    CHECK_EQ((*list)[i].dev, devices[i].dev);
    CHECK_EQ((*list)[i].event_nr, devices[i].event_nr);
    CHECK_EQ((*list)[i].name, devices[i].name);
    CHECK_EQ((*list)[i].uuid.value_or("?"), std::string(devices[i].uuid == nullptr ? "" : devices[i].uuid));
  }
}

TEST(a_list_of_an_older_interface_has_no_uuids) {
  std::optional<std::vector<ListEntry>> list = ParseList(ListAnswer({{0xfd00, 4, "a", nullptr, true}}));
  CHECK(list.has_value() && list->size() == 1 && !(*list)[0].uuid);
}

TEST(the_longest_name_and_uuid_are_listed) {
  const std::string name(127, 'n'), uuid(128, 'u');
  std::optional<std::vector<ListEntry>> list = ParseList(ListAnswer({{0xfd00, 1, name, uuid.c_str()}}));
  CHECK(list.has_value() && list->size() == 1);
  if (!list) return;
  CHECK_EQ((*list)[0].name, name);
  CHECK_EQ(*(*list)[0].uuid, uuid);
}

TEST(no_devices_are_an_empty_list) {
  CHECK(ParseList(answers::Answer(answers::Fixed(), "", 64))->empty());
  CHECK(ParseList(answers::Answer(answers::Fixed(), std::string(16, '\0')))->empty());
  // data_size == data_start: 6.1 answers so.
  dm_ioctl fixed = answers::Fixed();
  fixed.data_size = sizeof fixed;
  CHECK(ParseList(answers::Answer(fixed, "", 64))->empty());
}

TEST(lying_lists_are_refused_as_a_whole) {
  const std::vector<answers::Device> two = {{0xfd00, 1, "aaaa", kUuid}, {0xfd01, 2, "bbbb", kUuid}};
  const std::vector<std::pair<const char*, std::function<void(Buffer&)>>> lies = {
      {"data_size beyond the buffer",
       [](Buffer& b) { Overwrite<uint32_t>(b, offsetof(dm_ioctl, data_size), b.size() + 1); }},
      {"data_size at its most", [](Buffer& b) { Overwrite<uint32_t>(b, offsetof(dm_ioctl, data_size), 0xffffffff); }},
      {"data_start inside the header", [](Buffer& b) { Overwrite<uint32_t>(b, offsetof(dm_ioctl, data_start), 8); }},
      {"data_start not aligned", [](Buffer& b) { Overwrite<uint32_t>(b, offsetof(dm_ioctl, data_start), kData + 4); }},
      {"next beyond the data", [](Buffer& b) { Overwrite<uint32_t>(b, kData + 8, 0x10000); }},
      {"next at its most", [](Buffer& b) { Overwrite<uint32_t>(b, kData + 8, 0xfffffff8); }},
      {"next into the entry itself", [](Buffer& b) { Overwrite<uint32_t>(b, kData + 8, 8); }},
      {"next not aligned", [](Buffer& b) { Overwrite<uint32_t>(b, kData + 8, 61); }},
      {"no name", [](Buffer& b) { b[kData + 12] = 0; }},
      {"no end of the last UUID", [](Buffer& b) { std::memset(b.data() + b.size() - 64 - 8, 'x', 8); }},
      {"cut in the last entry", [](Buffer& b) { Overwrite<uint32_t>(b, offsetof(dm_ioctl, data_size), kData + 70); }},
      {"four bytes of data", [](Buffer& b) { Overwrite<uint32_t>(b, offsetof(dm_ioctl, data_size), kData + 4); }},
  };
  CHECK(ParseList(ListAnswer(two)).has_value());
  for (const auto& [what, lie] : lies) {
    Buffer buffer = ListAnswer(two);
    lie(buffer);
    if (ParseList(buffer)) check::Report(__FILE__, __LINE__, std::string("accepted: ") + what);
  }
}

TEST(an_entry_inside_another_is_refused) {
  // With event number 0 the bytes from 16 on read as an entry, too: next 0, and the flags as its name.
  Buffer buffer = ListAnswer({{0xfd00, 0, "aaaa", kUuid}, {0xfd01, 2, "bbbb", kUuid}});
  CHECK(ParseList(buffer).has_value());
  Overwrite<uint32_t>(buffer, kData + 8, 16);
  CHECK(!ParseList(buffer));
}

TEST(an_overlong_name_or_uuid_is_refused) {
  CHECK(!ParseList(ListAnswer({{0xfd00, 1, std::string(128, 'n'), kUuid}})));
  const std::string uuid(129, 'u');
  CHECK(!ParseList(ListAnswer({{0xfd00, 1, "a", uuid.c_str()}})));
}

TEST(targets_are_read_in_order) {
  std::vector<answers::Line> lines;
  for (size_t i = 0; i < 12; ++i) lines.push_back({i * 8, 8, i % 2 ? "linear" : "multipath", std::string(i, 'p')});
  std::optional<std::vector<TargetLine>> targets = ParseTargets(TargetAnswer(lines));
  CHECK(targets.has_value() && targets->size() == lines.size());
  if (!targets) return;
  for (size_t i = 0; i < lines.size(); ++i) {
    CHECK_EQ((*targets)[i].start, lines[i].start);
    CHECK_EQ((*targets)[i].length, lines[i].length);
    CHECK_EQ((*targets)[i].type, lines[i].type);
    CHECK_EQ((*targets)[i].params, lines[i].params);
  }
}

TEST(a_device_without_a_table_has_no_targets) {
  CHECK(ParseTargets(answers::Answer(answers::Fixed(), "", 64))->empty());
}

TEST(the_last_target_may_end_without_padding) {
  dm_ioctl fixed = answers::Fixed();
  fixed.target_count = 1;
  std::string data = answers::Targets({{0, 8, "linear", "8:0 0"}});
  data.resize(sizeof(dm_target_spec) + 6);  // retrieve_status counts up to the NUL
  CHECK(ParseTargets(answers::Answer(fixed, data)).has_value());
}

TEST(lying_targets_are_refused) {
  const std::vector<answers::Line> two = {{0, 8, "multipath", "aaaa"}, {8, 8, "linear", "bbbb"}};
  constexpr size_t kNext = kData + offsetof(dm_target_spec, next);
  constexpr size_t kType = kData + offsetof(dm_target_spec, target_type);
  const std::vector<std::pair<const char*, std::function<void(Buffer&)>>> lies = {
      {"more targets than data", [](Buffer& b) { Overwrite<uint32_t>(b, offsetof(dm_ioctl, target_count), 3); }},
      {"targets at their most",
       [](Buffer& b) { Overwrite<uint32_t>(b, offsetof(dm_ioctl, target_count), 0xffffffff); }},
      {"next beyond the data", [](Buffer& b) { Overwrite<uint32_t>(b, kNext, 0x1000); }},
      {"next at its most", [](Buffer& b) { Overwrite<uint32_t>(b, kNext, 0xfffffff8); }},
      {"next to itself", [](Buffer& b) { Overwrite<uint32_t>(b, kNext, 0); }},
      {"next not aligned", [](Buffer& b) { Overwrite<uint32_t>(b, kNext, 51); }},
      {"type without an end", [](Buffer& b) { std::memset(b.data() + kType, 'x', 16); }},
      {"no type", [](Buffer& b) { b[kType] = 0; }},
      {"params without an end", [](Buffer& b) { std::memset(b.data() + b.size() - 64 - 8, 'x', 8); }},
      {"targets but no data", [](Buffer& b) { Overwrite<uint32_t>(b, offsetof(dm_ioctl, data_size), 305); }},
  };
  CHECK(ParseTargets(TargetAnswer(two)).has_value());
  for (const auto& [what, lie] : lies) {
    Buffer buffer = TargetAnswer(two);
    lie(buffer);
    if (ParseTargets(buffer)) check::Report(__FILE__, __LINE__, std::string("accepted: ") + what);
  }
}

TEST(a_target_version_is_read) {
  std::string data;
  for (uint32_t number : {0u, 1u, 14u, 0u}) answers::Put(data, number);
  data += std::string("multipath\0", 10);
  std::optional<std::vector<uint32_t>> version = ParseTargetVersion(answers::Answer(answers::Fixed(), data));
  CHECK(version == (std::vector<uint32_t>{1, 14, 0}));
  CHECK(!ParseTargetVersion(answers::Answer(answers::Fixed(), data.substr(0, 15))));
  CHECK(!ParseTargetVersion(answers::Answer(answers::Fixed(), "")));
}
