#include "uevent_gaps.h"

#include <algorithm>

namespace mpathd {

void MissingSeqnums::Add(const MissingSeqnums& more) {
  if (more.count == 0) return;
  first = count == 0 ? more.first : std::min(first, more.first);
  last = std::max(last, more.last);
  count += more.count;
}

void SeqnumGaps::See(uint64_t seqnum, uint64_t now_ms) {
  if (seqnum <= highest_) {
    Fill(seqnum);
    return;
  }
  if (highest_ != 0 && seqnum > highest_ + 1) Open(highest_ + 1, seqnum - 1, now_ms);
  highest_ = seqnum;
}

void SeqnumGaps::Forget() {
  open_count_ = 0;
  highest_ = 0;
  overdue_ = {};
}

bool SeqnumGaps::Take(uint64_t now_ms, MissingSeqnums* missing) {
  while (open_count_ > 0 && now_ms >= open_[0].since_ms + kPatienceMs) GiveUpFirst();
  if (overdue_.count == 0 || now_ms < not_before_ms_) return false;
  *missing = overdue_;
  overdue_ = {};
  not_before_ms_ = now_ms + kPatienceMs;
  return true;
}

void SeqnumGaps::Open(uint64_t first, uint64_t last, uint64_t now_ms) {
  // At worst the first hole is reported too early.
  if (open_count_ == kMostOpen) GiveUpFirst();
  open_[open_count_++] = {first, last, now_ms};
}

void SeqnumGaps::Fill(uint64_t seqnum) {
  const auto end = open_.begin() + open_count_;
  const auto hole =
      std::lower_bound(open_.begin(), end, seqnum, [](const Hole& one, uint64_t number) { return one.last < number; });
  // The event came twice, or its hole is reported already.
  if (hole == end || hole->first > seqnum) return;
  const size_t at = static_cast<size_t>(hole - open_.begin());
  if (hole->first == hole->last) {
    RemoveAt(at);
  } else if (seqnum == hole->first) {
    ++hole->first;
  } else if (seqnum == hole->last) {
    --hole->last;
  } else if (open_count_ < kMostOpen) {
    std::copy_backward(hole, end, end + 1);
    ++open_count_;
    open_[at].last = seqnum - 1;
    open_[at + 1].first = seqnum + 1;
  } else {
    // There is no room for two halves: the smaller numbers count as missing now.
    overdue_.Add({seqnum - hole->first, hole->first, seqnum - 1});
    hole->first = seqnum + 1;
  }
}

void SeqnumGaps::RemoveAt(size_t at) {
  std::copy(open_.begin() + at + 1, open_.begin() + open_count_, open_.begin() + at);
  --open_count_;
}

void SeqnumGaps::GiveUpFirst() {
  overdue_.Add({open_[0].last - open_[0].first + 1, open_[0].first, open_[0].last});
  RemoveAt(0);
}

}  // namespace mpathd
