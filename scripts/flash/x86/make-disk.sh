#!/usr/bin/env bash
# From a folder to a disk: make-disk.sh SYSTEM TOOLS OUT. File systems by mke2fs -d and mtools, with the versions in TOOLS.
set -euo pipefail
system=$1; tools=$2; out=$3
here=$(cd "$(dirname "$0")" && pwd)
appliance=$here/../../../appliance
MIB=1048576
efi_mib=64
root_mib=${SCREENPOST_SLOT_MIB:-2048}
: > "$tools/etc/mtab"
tool() { chroot "$tools" /usr/bin/env E2FSPROGS_FAKE_TIME="$SOURCE_DATE_EPOCH" SOURCE_DATE_EPOCH="$SOURCE_DATE_EPOCH" MTOOLS_SKIP_CHECK=1 TZ=UTC PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"; }

# The root file system, the same for both slots; it is also what an update holds.
tar -C "$system" --sort=name --mtime="@$SOURCE_DATE_EPOCH" --numeric-owner --xattrs --xattrs-include='*' --format=posix \
  --pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime --one-file-system -cf "$tools/tmp/root.tar" .
truncate -s "${root_mib}M" "$tools/tmp/root.ext4"
tool mke2fs -q -t ext4 -b 4096 -L screenpost -U 5c7ee190-0000-4000-8000-000000000001 -E hash_seed=5c7ee190-0000-4000-8000-000000000002,lazy_itable_init=0,lazy_journal_init=0 \
  -m 1 -O ^has_journal -d /tmp/root.tar /tmp/root.ext4 "$((root_mib * 256))"
tool e2fsck -fn /tmp/root.ext4 >/dev/null

# What starts: GRUB with what it needs inside, its choice of slot, and its memory.
options='ro panic=30 quiet loglevel=4 console=tty0 console=ttyS0,115200 systemd.machine_id=firmware systemd.show_status=no'
sed "s|@OPTIONS@|$options|" "$appliance/rauc/grub.cfg" > "$tools/tmp/grub.cfg"
cat > "$tools/tmp/early.cfg" <<'END'
search --no-floppy --file --set=root /grub/grub.cfg
set prefix=($root)/grub
configfile $prefix/grub.cfg
END
tool grub-mkimage -O x86_64-efi -p /grub -c /tmp/early.cfg -o /tmp/bootx64.efi \
  part_gpt fat ext2 normal linux loadenv test search search_fs_file configfile regexp echo all_video efi_gop serial reboot
tool grub-editenv /tmp/grubenv create
tool grub-editenv /tmp/grubenv set 'ORDER=A B' A_OK=1 A_TRY=0 B_OK=0 B_TRY=0 A_PROVEN=0 B_PROVEN=0 A_STARTS= B_STARTS=
truncate -s "${efi_mib}M" "$tools/tmp/efi.img"
tool mkfs.vfat -n SCREENPOST -i 5c7ee190 --invariant /tmp/efi.img >/dev/null
find "$tools/tmp" -newermt "@$SOURCE_DATE_EPOCH" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
tool mmd -i /tmp/efi.img ::EFI ::EFI/BOOT ::grub
tool mcopy -m -i /tmp/efi.img /tmp/bootx64.efi ::EFI/BOOT/BOOTX64.EFI
tool mcopy -m -i /tmp/efi.img /tmp/grub.cfg /tmp/grubenv ::grub/

# The disk: start, system A, system B. The data partition is made at the first start, in what is left.
start=1
layout="label: gpt
label-id: 5c7ee190-0000-4000-8000-000000000010
start=${start}MiB, size=${efi_mib}MiB, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, uuid=5c7ee190-0000-4000-8000-000000000011, name=screenpost-efi
size=${root_mib}MiB, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, uuid=5c7ee190-0000-4000-8000-000000000012, name=root-a
size=${root_mib}MiB, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, uuid=5c7ee190-0000-4000-8000-000000000013, name=root-b"
truncate -s "$((1 + efi_mib + 2 * root_mib + 1))M" "$tools/tmp/disk.img"
tool sfdisk --quiet /tmp/disk.img <<< "$layout"
put() { dd if="$tools/tmp/$1" of="$tools/tmp/disk.img" bs="$MIB" seek="$2" conv=notrunc,sparse status=none; }
put efi.img "$start"
put root.ext4 "$((start + efi_mib))"
for each in disk.img root.ext4; do cp --sparse=always "$tools/tmp/$each" "$out/$each"; rm "$tools/tmp/$each"; done
