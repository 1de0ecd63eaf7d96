package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/vmware/govmomi/vim25/types"
)

// blockBytes is the grain of changed block tracking, as on a real host.
const blockBytes = 64 << 10

// diskSpec is what a test says of a disk.
type diskSpec struct {
	CapacityBytes int64 `json:"capacityBytes"`
	// Stamp fills the disk with bytes made from their own offset and this seed; see stamp.go. 0 with no File: stamped too.
	Stamp uint64 `json:"stamp"`
	// File is copied in as the contents; it may be shorter than the disk.
	File string `json:"file"`
	// Empty leaves the disk a hole; its file is made when somebody asks for it.
	Empty      bool   `json:"empty"`
	Kind       string `json:"kind"`       // flat (default), rdmPhysical, rdmVirtual
	Mode       string `json:"mode"`       // persistent (default), independent_persistent, independent_nonpersistent
	Controller string `json:"controller"` // pvscsi (default), lsilogic, lsisas, sata, nvme, ide
	Datastore  string `json:"datastore"`
	Thin       bool   `json:"thin"`
}

// layer is one file of a disk's chain. image holds the whole disk as that layer shows it: the truth to compare with.
type layer struct {
	file      string // name of the descriptor: NAME.vmdk, NAME-000001.vmdk
	format    string // "" flat, "cowd", "sesparse"
	parent    *layer
	image     string
	contentID string
	version   int // counts changes, so that a delta made from it is made anew
}

type disk struct {
	key           int32
	label         string
	controllerKey int32
	unit          int32
	capacity      int64
	uuid          string
	spec          diskSpec
	store         *datastore
	base          string // NAME of NAME.vmdk
	top           *layer
	made          bool

	// Changed block tracking: written[b] is the epoch in which block b was last written; a snapshot ends an epoch.
	cbt     string // the UUID of change ids; "" while it is off
	epoch   uint32
	written []uint32
}

var controllerKeys = map[string]int32{"pvscsi": 1000, "lsilogic": 1001, "lsisas": 1002, "sata": 15000, "nvme": 31000, "ide": 200}

// makeDisks prepares the disks of a new machine and writes those that have contents.
func (m *machine) makeDisks(l *lab) error {
	units := map[string]int32{}
	for i, spec := range m.spec.Disks {
		orDefault(&spec.Kind, "flat")
		orDefault(&spec.Mode, "persistent")
		orDefault(&spec.Controller, "pvscsi")
		orDefault(&spec.Datastore, m.store.name)
		store, ok := l.datastores[spec.Datastore]
		if !ok {
			return fmt.Errorf("%s: no datastore is called %q", m.name, spec.Datastore)
		}
		if spec.CapacityBytes <= 0 || spec.CapacityBytes%512 != 0 {
			return fmt.Errorf("%s: disk %d: %d bytes are not a number of sectors", m.name, i, spec.CapacityBytes)
		}
		controllerKey, ok := controllerKeys[spec.Controller]
		if !ok {
			return fmt.Errorf("%s: disk %d: no controller is called %q", m.name, i, spec.Controller)
		}
		unit := units[spec.Controller]
		units[spec.Controller]++
		if units[spec.Controller] == 7 && controllerKey < 15000 {
			units[spec.Controller]++ // the controller's own place
		}
		d := &disk{
			key: 2000 + (controllerKey%10)*16 + unit, label: fmt.Sprintf("Hard disk %d", i+1), controllerKey: controllerKey, unit: unit,
			capacity: spec.CapacityBytes, spec: spec, store: store, base: m.dir, epoch: 1,
			uuid: "6000C29" + nameUUID(m.ref.Value + fmt.Sprint("disk", i))[7:],
		}
		switch {
		case controllerKey >= 31000:
			d.key = 32000 + unit
		case controllerKey >= 15000:
			d.key = 16000 + unit
		case controllerKey < 1000:
			d.key = 3001 + unit
		}
		if i > 0 {
			d.base = fmt.Sprintf("%s_%d", m.dir, i)
		}
		if m.spec.Cbt {
			d.cbt = newChangeUUID(m, d)
		}
		d.top = &layer{file: d.base + ".vmdk", image: filepath.Join(store.dir, m.dir, d.base+"-flat.vmdk"), contentID: contentID()}
		if spec.Kind == "rdmPhysical" || spec.Kind == "rdmVirtual" || store.kind == "vsan" {
			// No flat file on a datastore: the data lies on a LUN or in an object.
			d.top.image = filepath.Join(l.truthDir, fmt.Sprintf("%s-%d.raw", m.ref.Value, d.key))
		}
		m.disks = append(m.disks, d)
		if !spec.Empty {
			if err := m.ensure(d); err != nil {
				return err
			}
		}
	}
	if len(m.disks) > 0 && m.disks[0].spec.Empty {
		return nil
	}
	return os.MkdirAll(filepath.Join(m.store.dir, m.dir), 0o700)
}

// ensure makes the file of a disk that has none yet.
func (m *machine) ensure(d *disk) error {
	if d.made {
		return nil
	}
	if err := os.MkdirAll(filepath.Join(d.store.dir, m.dir), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(d.top.image, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Truncate(d.capacity); err != nil {
		return err
	}
	switch {
	case d.spec.File != "":
		err = copyInto(f, d.spec.File, d.capacity)
	case !d.spec.Empty:
		err = stampDisk(f, d.spec.Stamp, d.capacity)
	}
	if err != nil {
		return fmt.Errorf("%s: %s: %w", m.name, d.label, err)
	}
	d.made = true
	return m.writeDescriptor(d, d.top)
}

func (m *machine) diskByKey(key int32) *disk {
	for _, d := range m.disks {
		if d.key == key {
			return d
		}
	}
	return nil
}

// inSnapshots tells whether snapshots hold this disk.
func (d *disk) inSnapshots() bool { return d.spec.Mode == "persistent" && d.spec.Kind != "rdmPhysical" }

func (m *machine) datastorePath(d *disk, file string) string {
	return fmt.Sprintf("[%s] %s/%s", d.store.name, m.dir, file)
}

// extentName is the file with the data of a layer.
func (ly *layer) extentName() string {
	stem := ly.file[:len(ly.file)-len(".vmdk")]
	switch ly.format {
	case "cowd":
		return stem + "-delta.vmdk"
	case "sesparse":
		return stem + "-sesparse.vmdk"
	}
	return stem + "-flat.vmdk"
}

// write puts bytes on the disk as the guest does.
func (m *machine) write(d *disk, offset int64, data []byte) error {
	if offset < 0 || offset+int64(len(data)) > d.capacity {
		return fmt.Errorf("%d bytes at %d are outside the disk", len(data), offset)
	}
	if err := m.ensure(d); err != nil {
		return err
	}
	f, err := os.OpenFile(d.top.image, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.WriteAt(data, offset); err != nil {
		return err
	}
	d.top.version++
	d.top.contentID = contentID()
	d.markWritten(offset, int64(len(data)))
	return nil
}

func (m *machine) closeDisks() {
	for _, d := range m.disks {
		for ly := d.top; ly != nil; ly = ly.parent {
			_ = os.Remove(ly.image)
		}
	}
}

// layout lists the files of the machine as layoutEx does: no extents where the data is not in files.
func (m *machine) layout() *types.VirtualMachineFileLayoutEx {
	out := &types.VirtualMachineFileLayoutEx{Timestamp: now()}
	keys := map[string]int32{}
	add := func(name, kind string, size int64) int32 {
		if key, ok := keys[name]; ok {
			return key
		}
		key := int32(len(out.File))
		out.File = append(out.File, types.VirtualMachineFileLayoutExFileInfo{
			Key: key, Name: name, Type: kind, Size: size, UniqueSize: size, Accessible: types.NewBool(true),
		})
		keys[name] = key
		return key
	}
	home := fmt.Sprintf("[%s] %s/", m.store.name, m.dir)
	add(home+m.dir+".vmx", "config", 2500)
	add(home+m.dir+".nvram", "nvram", 8684)
	add(home+m.dir+".vmsd", "snapshotList", 0)
	chain := func(d *disk, top *layer) []types.VirtualMachineFileLayoutExDiskUnit {
		var units []types.VirtualMachineFileLayoutExDiskUnit
		var layers []*layer
		for ly := top; ly != nil; ly = ly.parent {
			layers = append([]*layer{ly}, layers...)
		}
		for _, ly := range layers {
			unit := types.VirtualMachineFileLayoutExDiskUnit{FileKey: []int32{add(m.datastorePath(d, ly.file), "diskDescriptor", 600)}}
			if d.store.kind != "vsan" && d.spec.Kind == "flat" {
				unit.FileKey = append(unit.FileKey, add(m.datastorePath(d, ly.extentName()), "diskExtent", d.allocated(ly)))
			}
			units = append(units, unit)
		}
		return units
	}
	for _, d := range m.disks {
		out.Disk = append(out.Disk, types.VirtualMachineFileLayoutExDiskLayout{Key: d.key, Chain: chain(d, d.top)})
	}
	for _, s := range m.snapshotsInOrder() {
		entry := types.VirtualMachineFileLayoutExSnapshotLayout{Key: s.ref, MemoryKey: -1}
		entry.DataKey = add(fmt.Sprintf("%s%s-Snapshot%d.vmsn", home, m.dir, s.id), "snapshotData", 28000)
		for _, d := range m.disks {
			if ly, ok := s.layers[d.key]; ok {
				entry.Disk = append(entry.Disk, types.VirtualMachineFileLayoutExDiskLayout{Key: d.key, Chain: chain(d, ly)})
			}
		}
		out.Snapshot = append(out.Snapshot, entry)
	}
	return out
}

// allocated is the size of a layer's file as layoutEx tells it.
func (d *disk) allocated(ly *layer) int64 {
	if !d.made {
		return 0
	}
	if ly.parent == nil && !d.spec.Thin {
		return d.capacity
	}
	return allocatedBytes(ly.image)
}

// storage sums the files up by datastore.
func (m *machine) storage(layout *types.VirtualMachineFileLayoutEx) *types.VirtualMachineStorageInfo {
	usage := map[string]*types.VirtualMachineUsageOnDatastore{}
	out := &types.VirtualMachineStorageInfo{Timestamp: now()}
	of := func(store *datastore) *types.VirtualMachineUsageOnDatastore {
		if usage[store.name] == nil {
			usage[store.name] = &types.VirtualMachineUsageOnDatastore{Datastore: store.ref}
		}
		return usage[store.name]
	}
	of(m.store).Committed += 11184
	for _, d := range m.disks {
		var have int64
		for ly := d.top; ly != nil; ly = ly.parent {
			have += d.allocated(ly)
		}
		of(d.store).Committed += have
		of(d.store).Unshared += have
		if have < d.capacity {
			of(d.store).Uncommitted += d.capacity - have
		}
	}
	for _, name := range storeNames {
		if u, ok := usage[name]; ok {
			out.PerDatastoreUsage = append(out.PerDatastoreUsage, *u)
		}
	}
	return out
}

func storageSummary(info *types.VirtualMachineStorageInfo) *types.VirtualMachineStorageSummary {
	out := &types.VirtualMachineStorageSummary{Timestamp: info.Timestamp}
	for _, u := range info.PerDatastoreUsage {
		out.Committed += u.Committed
		out.Uncommitted += u.Uncommitted
		out.Unshared += u.Unshared
	}
	return out
}
