# For the scripts beside it.
set -euo pipefail

# Modules that udev would load only later, or not at all.
modprobe -a sd_mod sg dm_mod dm_multipath dm_queue_length dm_service_time configfs
# User Mode Linux has no device handlers.
grep -q 'User Mode Linux' /proc/cpuinfo || modprobe scsi_dh_alua
mountpoint -q /sys/kernel/config || mount -t configfs configfs /sys/kernel/config

# With IN_ORDER a disk has the same name in every run. The kernel looks for none by itself then (scsi_mod.scan), because
# sd_probe of one disk runs beside that of the next.
[ -z "${IN_ORDER:-}" ] || printf manual > /sys/module/scsi_mod/parameters/scan

die() { echo "$(basename "$0"): $*" >&2; exit 1; }

# SCSI disks with this vendor, by the kernel's list.
count_disks() {
	local vendor count=0
	for vendor in /sys/block/sd*/device/vendor; do
		[ -e "$vendor" ] && [ "$(tr -d ' ' < "$vendor")" = "$1" ] && count=$((count + 1))
	done
	echo $count
}

# udevd may close its control socket on whoever asks while it has only just started: asked again.
settle() {
	local tries
	for tries in 1 2 3; do
		udevadm settle -t 600 && return
		sleep 0.5
	done
	die "udevd did not answer $tries times"
}

# await_count VENDOR COUNT: until so many are there.
await_count() {
	local tries=0
	until [ "$(count_disks "$1")" -ge "$2" ]; do
		sleep 0.1
		tries=$((tries + 1))
		[ $tries -lt 1200 ] || die "$(count_disks "$1") disks of $2"
	done
}

# scan_in_order PROC_NAME VENDOR LUNS: LUN by LUN, host by host.
scan_in_order() {
	local numbers number lun count=0
	numbers=$(grep -lx "$1" /sys/class/scsi_host/host*/proc_name | sed 's/.*host\([0-9]*\).*/\1/' | sort -n)
	for number in $numbers; do
		for ((lun = 0; lun < $3; lun++)); do
			echo "0 0 $lun" > "/sys/class/scsi_host/host$number/scan"
			count=$((count + 1))
			await_count "$2" $count
		done
	done
}

# await_disks VENDOR COUNT: until so many are there and udev has done its work on them, if it runs.
await_disks() {
	await_count "$1" "$2"
	settle
}
