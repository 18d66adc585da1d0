// What the host tests need done from another process than the listener's:
//
//   uevent_tool multicast GROUP     send `add@/devices/forged` to a group, as any process may
//   uevent_tool unicast PORT        send the same to one socket
//   uevent_tool inject ACTION PATH KEY=VALUE...
//                                   have the kernel multicast a message (uevent_net_rcv)
//   uevent_tool udev KEY=VALUE...   send to group 2 in libudev's format, as udevd does
//   uevent_tool udev-to PORT KEY=VALUE...
//                                   send in that format to one socket
//   uevent_tool storm TID COUNT FILE
//                                   write `change` to a uevent file COUNT times while thread TID
//                                   cannot run
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

void Check(bool ok, const char* what) {
  if (ok) return;
  std::perror(what);
  std::exit(1);
}

void Send(uint32_t port, uint32_t groups, const std::string& message) {
  const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
  Check(fd >= 0, "socket");
  sockaddr_nl to = {};
  to.nl_family = AF_NETLINK;
  to.nl_pid = port;
  to.nl_groups = groups;
  const ssize_t sent = sendto(fd, message.data(), message.size(), 0, reinterpret_cast<sockaddr*>(&to), sizeof to);
  // A multicast with no listener in the group is refused: no error of ours.
  Check(sent >= 0 || errno == ECONNREFUSED, "sendto");
  close(fd);
}

std::string Terminated(const std::string& text) { return text + '\0'; }

std::string Forged() {
  return Terminated("add@/devices/forged") + Terminated("ACTION=add") + Terminated("DEVPATH=/devices/forged") +
         Terminated("SUBSYSTEM=block") + Terminated("SEQNUM=1");
}

uint32_t Port(const char* text) { return static_cast<uint32_t>(std::strtoul(text, nullptr, 10)); }

void Inject(int count, char** words) {
  std::string message = Terminated(std::string(words[0]) + "@" + words[1]);
  for (int i = 2; i < count; ++i) message += Terminated(words[i]);
  nlmsghdr header = {};
  header.nlmsg_len = static_cast<uint32_t>(sizeof header + message.size());
  header.nlmsg_type = NLMSG_MIN_TYPE;
  header.nlmsg_flags = NLM_F_REQUEST;
  Send(0, 0, std::string(reinterpret_cast<char*>(&header), sizeof header) + message);
}

void SendAsUdev(uint32_t port, uint32_t groups, int count, char** words) {
  std::string properties;
  for (int i = 0; i < count; ++i) properties += Terminated(words[i]);
  uint32_t header[10] = {};
  std::memcpy(header, "libudev", 8);
  header[2] = htonl(0xfeedcafe);
  header[3] = header[4] = sizeof header;
  header[5] = static_cast<uint32_t>(properties.size());
  Send(port, groups, std::string(reinterpret_cast<char*>(header), sizeof header) + properties);
}

/** Both on one CPU, we at the higher realtime priority: the other cannot run before we sleep. */
void Storm(pid_t other, long count, const char* path) {
  cpu_set_t allowed, one;
  Check(sched_getaffinity(0, sizeof allowed, &allowed) == 0, "sched_getaffinity");
  int cpu = 0;
  while (!CPU_ISSET(cpu, &allowed)) ++cpu;
  CPU_ZERO(&one);
  CPU_SET(cpu, &one);
  Check(sched_setaffinity(other, sizeof one, &one) == 0, "sched_setaffinity of the listener");
  Check(sched_setaffinity(0, sizeof one, &one) == 0, "sched_setaffinity");
  sched_param parameters = {};
  parameters.sched_priority = 90;
  Check(sched_setscheduler(0, SCHED_FIFO, &parameters) == 0, "sched_setscheduler");
  const int fd = open(path, O_WRONLY | O_CLOEXEC);
  Check(fd >= 0, path);
  for (; count > 0; --count) Check(write(fd, "change", 6) == 6, "write");
  Check(sched_setaffinity(other, sizeof allowed, &allowed) == 0, "sched_setaffinity of the listener");
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "multicast" && argc == 3)
    Send(0, static_cast<uint32_t>(std::atoi(argv[2])), Forged());
  else if (what == "unicast" && argc == 3)
    Send(Port(argv[2]), 0, Forged());
  else if (what == "inject" && argc >= 4)
    Inject(argc - 2, argv + 2);
  else if (what == "udev" && argc >= 3)
    SendAsUdev(0, 2, argc - 2, argv + 2);
  else if (what == "udev-to" && argc >= 4)
    SendAsUdev(Port(argv[2]), 0, argc - 3, argv + 3);
  else if (what == "storm" && argc == 5)
    Storm(std::atoi(argv[2]), std::atol(argv[3]), argv[4]);
  else
    return 2;
  return 0;
}
