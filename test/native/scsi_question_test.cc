// sources: native/scsi_question.cc native/hex.cc
#include "scsi_question.h"

#include "check.h"
#include "hex.h"

using mpathd::BytesOfHex;
using mpathd::HexOf;
using mpathd::kMostScsiData;
using mpathd::ParseScsiQuestion;
using mpathd::ScsiCommand;
using mpathd::ScsiQuestion;
using mpathd::ScsiRefusal;

namespace {

const char kTestUnitReady[] = "000000000000";

ScsiQuestion None(std::string command) { return {std::move(command), "none", {}, {}, 1000}; }
ScsiQuestion In(uint64_t length) { return {"12018300ff00", "in", length, {}, 1000}; }
ScsiQuestion Out(std::string data) { return {"5f000000000000001800", "out", {}, std::move(data), 1000}; }

ScsiRefusal Refusal(const ScsiQuestion& question) {
  ScsiCommand command;
  return ParseScsiQuestion(question, &command);
}

std::string Digits(size_t bytes) { return std::string(2 * bytes, '5'); }

/** A wrong kind of argument, named at the beginning of the words. */
bool IsWrongType(const ScsiRefusal& refusal, const std::string& argument) {
  return !refusal.range && refusal.text.rfind(argument + " ", 0) == 0;
}

bool IsOutOfRange(const ScsiRefusal& refusal, const std::string& argument) {
  return refusal.range && refusal.text.rfind(argument + " ", 0) == 0;
}

}  // namespace

TEST(ACommandWithoutData) {
  ScsiCommand command;
  CHECK_EQ(ParseScsiQuestion(None(kTestUnitReady), &command).text, std::string());
  CHECK_EQ(command.cdb.size(), 6u);
  CHECK_EQ(command.data_in_bytes, 0u);
  CHECK(command.data_out.empty());
  CHECK_EQ(command.timeout_ms, 1000u);
}

TEST(ACommandThatReads) {
  ScsiCommand command;
  CHECK_EQ(ParseScsiQuestion(In(255), &command).text, std::string());
  CHECK_EQ(HexOf(command.cdb), std::string("12018300ff00"));
  CHECK_EQ(command.data_in_bytes, 255u);
  CHECK(command.data_out.empty());
}

TEST(ACommandThatSends) {
  ScsiCommand command;
  CHECK_EQ(ParseScsiQuestion(Out("00Ff7e"), &command).text, std::string());
  CHECK_EQ(HexOf(command.data_out), std::string("00ff7e"));
  CHECK_EQ(command.data_in_bytes, 0u);
}

TEST(ACommandHas6Or10Or12Or16Bytes) {
  for (size_t bytes = 0; bytes <= 33; ++bytes) {
    const bool right = bytes == 6 || bytes == 10 || bytes == 12 || bytes == 16;
    const ScsiRefusal refusal = Refusal(None(Digits(bytes)));
    CHECK_EQ(refusal.text.empty(), right);
    if (!right) CHECK(IsOutOfRange(refusal, "command.command"));
  }
}

TEST(ACommandIsHexText) {
  for (const char* text : {"0", "0000000000000", "00000000000g", "0x0000000000", "00 000000000", "00000000000\xc3"}) {
    CHECK(IsWrongType(Refusal(None(text)), "command.command"));
  }
}

TEST(DataIsHexText) {
  for (const char* text : {"0", "000", "zz", "0 ", "-1"}) CHECK(IsWrongType(Refusal(Out(text)), "command.data"));
}

TEST(TransfersAreBounded) {
  CHECK(IsOutOfRange(Refusal(In(0)), "command.length"));
  CHECK(Refusal(In(1)).text.empty());
  CHECK(Refusal(In(kMostScsiData)).text.empty());
  CHECK(IsOutOfRange(Refusal(In(kMostScsiData + 1)), "command.length"));
  CHECK(IsOutOfRange(Refusal(In(UINT64_MAX)), "command.length"));
  CHECK(IsOutOfRange(Refusal(Out("")), "command.data"));
  CHECK(Refusal(Out(Digits(kMostScsiData))).text.empty());
  CHECK(IsOutOfRange(Refusal(Out(Digits(kMostScsiData + 1))), "command.data"));
}

TEST(TheDirectionIsOneOfThree) {
  for (const char* direction : {"", "In", "in ", "both"}) {
    CHECK(IsWrongType(Refusal({kTestUnitReady, direction, {}, {}, 1000}), "command.direction"));
  }
}

TEST(WhatMovesBelongsToTheDirection) {
  CHECK(IsWrongType(Refusal({kTestUnitReady, "in", {}, {}, 1000}), "command.length"));
  CHECK(IsWrongType(Refusal({kTestUnitReady, "out", {}, {}, 1000}), "command.data"));
  CHECK(IsWrongType(Refusal({kTestUnitReady, "none", 1, {}, 1000}), "command.length"));
  CHECK(IsWrongType(Refusal({kTestUnitReady, "none", {}, "00", 1000}), "command.data"));
  CHECK(IsWrongType(Refusal({kTestUnitReady, "in", 1, "00", 1000}), "command.data"));
  CHECK(IsWrongType(Refusal({kTestUnitReady, "out", 1, "00", 1000}), "command.length"));
}

TEST(WithoutATimeoutTheKernelWouldTakeItsOwn) {
  CHECK(IsOutOfRange(Refusal({kTestUnitReady, "none", {}, {}, 0}), "command.timeoutMs"));
}

TEST(HexOfBytesAndBack) {
  std::vector<uint8_t> bytes(256);
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(i);
  CHECK(BytesOfHex(HexOf(bytes)) == bytes);
  CHECK_EQ(HexOf({0x00, 0x0f, 0xa0}), std::string("000fa0"));
  CHECK(BytesOfHex("")->empty());
}
