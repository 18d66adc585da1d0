/*
 * sgLoop DISK: TEST UNIT READY alone, and followed by INQUIRY of page 0x83, in a bare loop, by turns. Prints µs per
 * turn, elapsed and CPU, as JSON.
 */
#include <fcntl.h>
#include <scsi/sg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <time.h>

enum { ROUNDS = 20, TURNS = 100, PAGE = 4096 };

static double Micros(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

static double CpuMicros(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

static void Send(int disk, unsigned char* command, void* data, unsigned length) {
  unsigned char sense[64];
  struct sg_io_hdr order = {.interface_id = 'S',
                            .cmdp = command,
                            .cmd_len = 6,
                            .sbp = sense,
                            .mx_sb_len = sizeof sense,
                            .dxferp = data,
                            .dxfer_len = length,
                            .timeout = 30000,
                            .dxfer_direction = data == NULL ? SG_DXFER_NONE : SG_DXFER_FROM_DEV};
  if (ioctl(disk, SG_IO, &order) != 0 || order.status != 0) {
    perror("SG_IO");
    exit(1);
  }
}

static int Compare(const void* one, const void* other) {
  const double difference = *(const double*)one - *(const double*)other;
  return (difference > 0) - (difference < 0);
}

int main(int argc, char** argv) {
  unsigned char ready[6] = {0};
  unsigned char inquiry[6] = {0x12, 1, 0x83, PAGE >> 8, PAGE & 0xff, 0};
  static unsigned char page[PAGE];
  double wall[2][ROUNDS], cpu[2][ROUNDS];
  const int disk = open(argc > 1 ? argv[1] : "", O_RDONLY | O_NONBLOCK);
  if (disk < 0) {
    perror("open");
    return 1;
  }
  for (int round = 0; round < 2 * ROUNDS; round++) {
    const double began = Micros(), used = CpuMicros();
    for (int turn = 0; turn < TURNS; turn++) {
      Send(disk, ready, NULL, 0);
      if (round % 2 == 1) Send(disk, inquiry, page, PAGE);
    }
    wall[round % 2][round / 2] = (Micros() - began) / TURNS;
    cpu[round % 2][round / 2] = (CpuMicros() - used) / TURNS;
  }
  for (int which = 0; which < 2; which++) {
    qsort(wall[which], ROUNDS, sizeof(double), Compare);
    qsort(cpu[which], ROUNDS, sizeof(double), Compare);
  }
  printf("{\"without\":[%.1f,%.1f],\"with\":[%.1f,%.1f]}\n", wall[0][ROUNDS / 2], cpu[0][ROUNDS / 2],
         wall[1][ROUNDS / 2], cpu[1][ROUNDS / 2]);
  return 0;
}
