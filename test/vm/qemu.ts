import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { processOf, type Guest, type GuestOptions, machineFiles } from './guest';
import { openSocket } from './jsonLines';
import { connectMonitor } from './monitor';

/* QEMU without KVM: the guest is emulated. It is slow, and has everything that User Mode Linux lacks (needs.ts). */
const CHECKOUT = resolve(__dirname, '..', '..');

const INITS = {
  quick: 'mpathd.init=/project/test/vm/guest/init',
  systemd: 'mpathd.init=/lib/systemd/systemd systemd.unit=mpathd-test.target',
};

const KERNEL_ARGUMENTS = [
  'console=ttyS0 quiet loglevel=4',
  // With -no-reboot a panic ends QEMU, and the test, at once.
  'panic=-1 oops=panic',
  // The guest is emulated, so it needs no protection.
  'mitigations=off nokaslr audit=0 apparmor=0 no_timer_check',
  // The TSC is not used: with both CPUs busy it runs ahead of time by minutes (QEMU's cpu_get_ticks compensates each
  // step back that it sees between the host's CPUs), and every timeout in the guest comes too early.
  'clocksource=hpet',
  'random.trust_cpu=on cryptomgr.notests init_on_alloc=0',
  // NVMe paths are disks of their own, for device-mapper.
  'nvme_core.multipath=N',
].join(' ');

/** The image is not locked: User Mode Linux locks the same file, and each of both has a private copy. */
const ROOT_DRIVE = 'file.locking=off,if=none,id=root,format=raw,snapshot=on,cache=unsafe';

const share = (tag: string, path: string, readonly: boolean): string[] => [
  '-fsdev',
  `local,id=${tag},path=${path},security_model=none,multidevs=remap${readonly ? ',readonly=on' : ''}`,
  '-device',
  `virtio-9p-pci,fsdev=${tag},mount_tag=${tag}`,
];

const qemuArguments = (options: GuestOptions): string[] => {
  const files = machineFiles(options.directory);
  return [
    // Emulation: a nested guest has no /dev/kvm that runs a stock kernel. la57 costs a page-table level.
    ...['-M', 'q35', '-accel', 'tcg,thread=multi,tb-size=512', '-cpu', 'max,la57=off'],
    ...['-smp', String(options.cpus), '-m', `${options.memoryMiB}M`],
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot', '-nic', 'none'],
    ...['-kernel', join(options.image, 'vmlinux'), '-initrd', join(options.image, 'initrd.img')],
    ...['-append', `${KERNEL_ARGUMENTS} ${INITS[options.init]}`],
    ...['-serial', `file:${files.console}`],
    // Every boot starts from the same disk. Nothing from a run is kept.
    ...['-drive', `file.filename=${join(options.image, 'root.ext4')},${ROOT_DRIVE}`],
    ...['-device', 'virtio-blk-pci,drive=root', '-device', 'virtio-serial-pci'],
    ...['-chardev', `socket,id=agent,path=${files.agent},server=on,wait=off`],
    ...['-device', 'virtserialport,chardev=agent,name=mpathd.agent'],
    ...['-chardev', `socket,id=shell,path=${files.shell},server=on,wait=off`],
    ...['-device', 'virtserialport,chardev=shell,name=mpathd.shell'],
    ...['-chardev', `socket,id=monitor,path=${files.monitor},server=on,wait=off`],
    ...['-mon', 'chardev=monitor,mode=control'],
    ...share('project', CHECKOUT, true),
    ...share('out', files.out, false),
    ...options.devices.flatMap((device) => [...device(options.directory)]),
  ];
};

const spawnQemu = (options: GuestOptions): ChildProcess => {
  const log = openSync(machineFiles(options.directory).errors, 'a');
  const child = spawn(
    'setpriv',
    // flock -F becomes QEMU, which keeps the locked descriptor. So no lock outlives its machine.
    ['--pdeathsig', 'KILL', 'flock', '-F', options.lockFile, 'qemu-system-x86_64', ...qemuArguments(options)],
    { stdio: ['ignore', log, log] },
  );
  closeSync(log);
  return child;
};

/** Starts QEMU, which first waits for the lock. QEMU dies with this process, however this process ends. */
export const startQemu = (options: GuestOptions): Guest => {
  const files = machineFiles(options.directory);
  const child = spawnQemu(options);
  const host = processOf(child);
  return {
    started: () => existsSync(files.agent),
    ...host,
    agentPort: async () => ({ stream: await openSocket(files.agent), requests: null }),
    monitor: () => connectMonitor(files.monitor),
    shell: { port: '/dev/virtio-ports/mpathd.shell', listen: () => undefined },
    kill: async () => {
      child.kill('SIGKILL');
      await host.exit;
    },
  };
};
