/**
 * Which transport a path uses to reach its LUN, derived from its devpath and sysfs attributes by pure functions. The
 * path wildcards %N %n %R %r %a of `show paths format` show it (multipathd(8)).
 */
import type { BlockFacts, TransportFacts } from '../model/facts';
import type { SysfsReading, SysfsRequest } from '../../native/mpathd';
import { attributesOf, textOf } from './attributes';
import type { Attributes } from './attributes';

/** The route that the components of a devpath show. */
export type Route =
  | { kind: 'fcp'; host: string; rport: string; target: string; adapter: string | null }
  | { kind: 'iscsi'; session: string; connection: string }
  | { kind: 'sas'; endDevice: string; adapter: string | null }
  | { kind: 'usb'; device: string; adapter: string | null }
  | { kind: 'ata'; port: string; adapter: string | null }
  | { kind: 'unspec'; adapter: string | null }
  | { kind: 'nvme'; adapter: string | null }
  | { kind: 'ccw'; adapter: string | null }
  | { kind: 'cciss' }
  | { kind: 'none' };

const PCI = /^[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/;
const CCW = /^[0-9a-f]{1,2}\.[0-3]\.[0-9a-f]{4}$/;
/** A USB device (`2-1.4`), not its interface (`2-1.4:1.0`): Documentation/driver-api/usb. */
const USB = /^\d+-\d+(\.\d+)*$/;
/** The names that sas_rphy_add gives: with the target's expander, or without. */
const END_DEVICE = /^end_device-\d+:\d+(:\d+)?$/;

/** The matching component that is nearest to the disk. */
function nearest(components: string[], pattern: RegExp): string | null {
  return components.filter((c) => pattern.test(c)).pop() ?? null;
}

/** The PCI or ccw id of the device to which the SCSI host (or the NVMe controller) belongs. */
function adapterOf(components: string[], below: RegExp): string | null {
  const at = components.findIndex((c) => below.test(c));
  const above = at < 0 ? components : components.slice(0, at);
  return nearest(above, PCI) ?? nearest(above, CCW);
}

function scsiRoute(components: string[]): Route {
  const adapter = adapterOf(components, /^host\d+$/);
  const endDevice = nearest(components, END_DEVICE);
  if (endDevice !== null) return { kind: 'sas', endDevice, adapter };
  const device = components.some((c) => /^usb\d+$/.test(c)) ? nearest(components, USB) : null;
  if (device !== null) return { kind: 'usb', device, adapter };
  const host = nearest(components, /^host\d+$/);
  const target = nearest(components, /^target\d+:\d+:\d+$/);
  const rport = target === null ? undefined : components[components.indexOf(target) - 1];
  if (host !== null && target !== null && rport !== undefined && /^rport-\d+:\d+-\d+$/.test(rport)) {
    return { kind: 'fcp', host, rport, target, adapter };
  }
  const session = nearest(components, /^session\d+$/);
  // The kernel makes only one connection per session: libiscsi.c, iscsi_conn_setup.
  if (session !== null) return { kind: 'iscsi', session, connection: `connection${session.slice('session'.length)}:0` };
  const port = nearest(components, /^ata\d+$/);
  if (port !== null) return { kind: 'ata', port, adapter };
  return { kind: 'unspec', adapter };
}

/** The route of the disk `name` on this bus at this devpath. */
export function routeOf(bus: BlockFacts['bus'], name: string, devpath: string): Route {
  const components = devpath.split('/');
  switch (bus) {
    case 'scsi':
      return scsiRoute(components);
    case 'nvme':
      return { kind: 'nvme', adapter: adapterOf(components, /^nvme\d+$/) };
    case 'ccw':
      return { kind: 'ccw', adapter: nearest(components, CCW) };
    case 'dm':
    case 'other':
      return name.startsWith('cciss!') ? { kind: 'cciss' } : { kind: 'none' };
  }
}

const NAMES = ['node_name', 'port_name'];

/** The readings that are needed for the names on a route. transportFactsOf needs the answers in this order. */
export function routeRequests(route: Route): SysfsRequest[] {
  switch (route.kind) {
    case 'fcp':
      return [
        { directory: `/sys/class/fc_host/${route.host}`, attributes: NAMES },
        { directory: `/sys/class/fc_remote_ports/${route.rport}`, attributes: NAMES },
        { directory: `/sys/class/fc_transport/${route.target}`, attributes: NAMES },
      ];
    case 'iscsi':
      return [
        { directory: `/sys/class/iscsi_session/${route.session}`, attributes: ['targetname'] },
        { directory: `/sys/class/iscsi_connection/${route.connection}`, attributes: ['address', 'persistent_address'] },
      ];
    case 'sas':
      return [{ directory: `/sys/class/sas_device/${route.endDevice}`, attributes: ['sas_address'] }];
    case 'usb':
    case 'ata':
    case 'unspec':
    case 'nvme':
    case 'ccw':
    case 'cciss':
    case 'none':
      return [];
  }
}

function facts(protocol: string, known: Partial<TransportFacts> = {}): TransportFacts {
  return {
    protocol,
    hostWwnn: null,
    hostWwpn: null,
    targetWwnn: null,
    targetWwpn: null,
    hostAdapter: null,
    ...known,
  };
}

function answerTo(requests: SysfsRequest[], readings: SysfsReading[], index: number): Attributes {
  const request = requests[index];
  const reading = readings[index];
  if (request === undefined || reading === undefined) return new Map();
  // If a class directory cannot be opened, each of its attributes gets this errno.
  const { errno } = reading;
  if (errno !== null) return new Map(request.attributes.map((name) => [name, errno]));
  return attributesOf(request.attributes, reading);
}

const NVME_TRANSPORTS: ReadonlySet<string> = new Set(['pcie', 'rdma', 'fc', 'tcp', 'loop', 'apple-nvme']);

function nvmeFacts(adapter: string | null, disk: Attributes): TransportFacts {
  const transport = textOf(disk, 'device/transport');
  return facts(`nvme:${transport !== null && NVME_TRANSPORTS.has(transport) ? transport : 'unspec'}`, {
    targetWwnn: textOf(disk, 'device/subsysnqn'),
    // A fabric has no adapter of its own. Its address is `traddr=…,trsvcid=…`.
    hostAdapter: adapter ?? textOf(disk, 'device/address'),
  });
}

/** The facts of a route from the answers to {@link routeRequests} and the disk's own attributes. */
export function transportFactsOf(route: Route, readings: SysfsReading[], disk: Attributes): TransportFacts {
  const requests = routeRequests(route);
  const answer = (index: number, name: string): string | null => textOf(answerTo(requests, readings, index), name);
  switch (route.kind) {
    case 'fcp':
      return facts('scsi:fcp', {
        hostWwnn: answer(0, 'node_name'),
        hostWwpn: answer(0, 'port_name'),
        targetWwnn: answer(1, 'node_name') ?? answer(2, 'node_name'),
        targetWwpn: answer(1, 'port_name') ?? answer(2, 'port_name'),
        hostAdapter: route.adapter,
      });
    case 'iscsi':
      return facts('scsi:iscsi', {
        targetWwnn: answer(0, 'targetname'),
        hostAdapter: answer(1, 'address') ?? answer(1, 'persistent_address'),
      });
    case 'sas':
      return facts('scsi:sas', { targetWwnn: answer(0, 'sas_address'), hostAdapter: route.adapter });
    case 'usb':
      return facts('scsi:usb', { targetWwnn: route.device, hostAdapter: route.adapter });
    case 'ata':
      return facts('scsi:ata', { targetWwnn: `${route.port.replace('ata', 'ata-')}.00`, hostAdapter: route.adapter });
    case 'unspec':
      return facts('scsi:unspec', { hostAdapter: route.adapter });
    case 'nvme':
      return nvmeFacts(route.adapter, disk);
    case 'ccw':
      return facts('ccw', { hostAdapter: route.adapter });
    case 'cciss':
      return facts('cciss');
    case 'none':
      return facts('undef');
  }
}
