import type { Machine } from './machine';

/** Tasks that no signal ends, each with where in the kernel it waits; udevd's workers; the maps; the last words of what was started. */
const LOOK = String.raw`
for task in /proc/[0-9]*/task/[0-9]*; do
	[ "$(sed 's/.*) \(.\).*/\1/' "$task/stat" 2>/dev/null)" = D ] || continue
	echo "$task: $(tr '\0' ' ' < "$task/cmdline") [$(cat "$task/comm")]"
	cat "$task/stack"
done
ps -eo pid,ppid,stat,etimes,wchan:24,args | grep -E 'udev|mpathd|dmsetup|blkid|PID' | grep -v grep
dmsetup --noudevsync info -c -o name,attr,open,events,uuid
timeout 5 dmsetup --noudevsync status --noflush
dmsetup --noudevsync table
grep -H . /sys/block/sd*/device/access_state 2>/dev/null
ls /run/udev/queue 2>/dev/null
tail -n 200 /run/background-*.log`;

/** What hangs in the guest, for the message of a test that waited in vain. */
export const whatHangs = async (machine: Pick<Machine, 'run'>): Promise<string> => {
  const { stdout, stderr } = await machine.run(LOOK, { timeoutMs: 20_000 });
  return `What hangs in the guest:\n${stdout}${stderr}`;
};
