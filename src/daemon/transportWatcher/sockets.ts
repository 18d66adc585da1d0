/**
 * The netlink sockets of the transport watcher's child, with the npm package `netlink`. The package aborts its process
 * when a socket overruns and when a listener throws. So only the child may use it.
 */
import { createNetlink, type NetlinkSocket } from 'netlink/dist/netlink';
import type { NetlinkMessage } from 'netlink/dist/structs';
import { IFADDRMSG_BYTES, IFINFOMSG_BYTES, RTM } from './routeMessages';

/** linux/netlink.h */
const NETLINK_ROUTE = 0;
const NETLINK_SCSITRANSPORT = 18;
const NLM_F_DUMP = 0x300;
/** RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR: linux/rtnetlink.h */
const ROUTE_GROUPS = [1, 5, 9];
/** The header writes SCSI_NL_GRP_FC_EVENTS as a mask, (1<<2), but the kernel uses the value as the group's number. */
const FC_GROUPS = [4];

/** The kernel cuts this to net.core.rmem_max: the package cannot force more. */
const RECEIVE_BYTES = 1 << 20;
const SEND_BYTES = 1 << 16;
const KERNEL_PORT = 0;
const DUMP_MS = 10_000;

export interface SocketEvents {
  onMessage(message: NetlinkMessage): void;
  /** Called when the end of a message could not be found: the message is lost. */
  onUnreadable(): void;
  /** Called when the socket does not work any more. */
  onError(error: Error): void;
}

function open(protocol: number, listening: boolean): NetlinkSocket {
  return createNetlink(protocol, { ref: listening, recvBufferSize: RECEIVE_BYTES, sendBufferSize: SEND_BYTES });
}

function listen(protocol: number, groups: number[], events: SocketEvents): void {
  const socket = open(protocol, true);
  socket.on('error', events.onError);
  socket.on('invalid', events.onUnreadable);
  socket.on('truncatedMessage', events.onUnreadable);
  socket.on('message', (messages, sender) => {
    // Any process with CAP_NET_ADMIN may send to these groups. Only messages of the kernel are used.
    if (sender.port === KERNEL_PORT) messages.forEach((message) => events.onMessage(message));
  });
  for (const group of groups) socket.addMembership(group);
}

/** Listens to links and addresses; throws the kernel's error. */
export function listenToRoute(events: SocketEvents): void {
  listen(NETLINK_ROUTE, ROUTE_GROUPS, events);
}

/** Listens to FC events; returns `listening`, or the kernel's errno by name if it has no such events. */
export function listenToFc(events: SocketEvents): string {
  try {
    listen(NETLINK_SCSITRANSPORT, FC_GROUPS, events);
    return 'listening';
  } catch (error) {
    return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'failed';
  }
}

/**
 * Reads all links, then all addresses. It uses a socket of its own, because an event during a dump would end the dump
 * for the package.
 */
export async function dumpRoute(): Promise<NetlinkMessage[]> {
  const socket = open(NETLINK_ROUTE, false);
  try {
    const options = { flags: NLM_F_DUMP, timeout: DUMP_MS };
    const [links] = await socket.request(RTM.getLink, Buffer.alloc(IFINFOMSG_BYTES), options);
    const [addresses] = await socket.request(RTM.getAddress, Buffer.alloc(IFADDRMSG_BYTES), options);
    return [...links, ...addresses];
  } finally {
    socket.close();
  }
}
