package main

import (
	"fmt"

	"github.com/vmware/govmomi/vim25/types"
)

// devices builds config.hardware.device: the default ones of a host, controllers, network cards, TPM and the disks.
func (l *lab) devices(m *machine) []types.BaseVirtualDevice {
	out := append([]types.BaseVirtualDevice(nil), defaultDevices...)
	added := map[int32]bool{}
	for _, d := range m.disks {
		if !added[d.controllerKey] {
			added[d.controllerKey] = true
			out = append(out, controller(d.spec.Controller, d.controllerKey))
		}
	}
	out = append(out, cdrom())
	for i, nic := range m.spec.Nics {
		out = append(out, l.nic(m, nic, int32(i)))
	}
	if m.spec.Tpm {
		out = append(out, &types.VirtualTPM{VirtualDevice: types.VirtualDevice{
			Key: 11000, DeviceInfo: &types.Description{Label: "Virtual TPM", Summary: "Trusted Platform Module"},
		}})
	}
	return append(out, m.diskDevices(nil)...)
}

// diskDevices describes the disks as they are now, or as a snapshot holds them.
func (m *machine) diskDevices(snap *snapshot) []types.BaseVirtualDevice {
	var out []types.BaseVirtualDevice
	for _, d := range m.disks {
		layer, changeID := d.top, ""
		if snap != nil {
			frozen, ok := snap.layers[d.key]
			if !ok {
				continue // independent: not part of snapshots
			}
			layer, changeID = frozen, snap.changeIDs[d.key]
		}
		unit := d.unit
		out = append(out, &types.VirtualDisk{
			VirtualDevice: types.VirtualDevice{
				Key: d.key, ControllerKey: d.controllerKey, UnitNumber: &unit, Backing: m.backing(d, layer, changeID),
				DeviceInfo: &types.Description{Label: d.label, Summary: fmt.Sprintf("%d KB", d.capacity/1024)},
			},
			CapacityInKB: d.capacity / 1024, CapacityInBytes: d.capacity,
			DiskObjectId: fmt.Sprintf("%s-%d", m.ref.Value, d.key),
		})
	}
	return out
}

// backing describes a layer and what is below it.
func (m *machine) backing(d *disk, layer *layer, changeID string) types.BaseVirtualDeviceBackingInfo {
	file := types.VirtualDeviceFileBackingInfo{FileName: m.datastorePath(d, layer.file), Datastore: &d.store.ref}
	mode := d.spec.Mode
	switch d.spec.Kind {
	case "rdmPhysical", "rdmVirtual":
		compatibility := "physicalMode"
		if d.spec.Kind == "rdmVirtual" {
			compatibility = "virtualMode"
		}
		return &types.VirtualDiskRawDiskMappingVer1BackingInfo{
			VirtualDeviceFileBackingInfo: file, DiskMode: mode, CompatibilityMode: compatibility, LunUuid: "020000000060003ff44dc75adc",
			DeviceName: "vml.020000000060003ff44dc75adc", Uuid: d.uuid, ChangeId: changeID,
		}
	}
	b := &types.VirtualDiskFlatVer2BackingInfo{
		VirtualDeviceFileBackingInfo: file, DiskMode: mode, ThinProvisioned: types.NewBool(d.spec.Thin), EagerlyScrub: types.NewBool(false),
		Split: types.NewBool(false), WriteThrough: types.NewBool(false), DigestEnabled: types.NewBool(false), Uuid: d.uuid,
		ContentId: layer.contentID, ChangeId: changeID, Sharing: "sharingNone",
	}
	if d.store.kind == "vsan" {
		b.BackingObjectId = d.uuid
	}
	if m.spec.Encrypted {
		b.KeyId = &types.CryptoKeyId{KeyId: "lab-key-1", ProviderId: &types.KeyProviderId{Id: "lab-kms"}}
	}
	if layer.parent != nil {
		if parent, ok := m.backing(d, layer.parent, "").(*types.VirtualDiskFlatVer2BackingInfo); ok {
			b.Parent = parent
		}
		b.DeltaDiskFormat = "redoLogFormat"
		if layer.format == "sesparse" {
			b.DeltaDiskFormat = "seSparseFormat"
			b.DeltaGrainSize = 8
		}
	}
	return b
}

func controller(kind string, key int32) types.BaseVirtualDevice {
	device := types.VirtualDevice{Key: key, DeviceInfo: &types.Description{Label: fmt.Sprintf("%s controller %d", kind, key%10), Summary: kind}}
	scsi := types.VirtualSCSIController{
		VirtualController: types.VirtualController{VirtualDevice: device, BusNumber: key % 10},
		SharedBus:         types.VirtualSCSISharingNoSharing, ScsiCtlrUnitNumber: 7,
	}
	switch kind {
	case "lsilogic":
		return &types.VirtualLsiLogicController{VirtualSCSIController: scsi}
	case "lsisas":
		return &types.VirtualLsiLogicSASController{VirtualSCSIController: scsi}
	case "sata":
		return &types.VirtualAHCIController{VirtualSATAController: types.VirtualSATAController{VirtualController: scsi.VirtualController}}
	case "nvme":
		return &types.VirtualNVMEController{VirtualController: scsi.VirtualController}
	case "ide":
		return &types.VirtualIDEController{VirtualController: scsi.VirtualController}
	}
	return &types.ParaVirtualSCSIController{VirtualSCSIController: scsi}
}

func cdrom() types.BaseVirtualDevice {
	unit := int32(0)
	return &types.VirtualCdrom{VirtualDevice: types.VirtualDevice{
		Key: 3000, ControllerKey: 201, UnitNumber: &unit, DeviceInfo: &types.Description{Label: "CD/DVD drive 1", Summary: "Remote device"},
		Backing:     &types.VirtualCdromRemotePassthroughBackingInfo{},
		Connectable: &types.VirtualDeviceConnectInfo{StartConnected: false, AllowGuestControl: true},
	}}
}

func (l *lab) nic(m *machine, spec nicSpec, n int32) types.BaseVirtualDevice {
	orDefault(&spec.Network, "VM Network")
	mac := spec.Mac
	if mac == "" {
		id := nameUUID(m.ref.Value + fmt.Sprint(n))
		mac = fmt.Sprintf("00:50:56:%s:%s:%s", id[0:2], id[2:4], id[4:6])
	}
	unit := 7 + n
	card := types.VirtualEthernetCard{
		VirtualDevice: types.VirtualDevice{
			Key: 4000 + n, ControllerKey: 100, UnitNumber: &unit,
			DeviceInfo:  &types.Description{Label: fmt.Sprintf("Network adapter %d", n+1), Summary: spec.Network},
			Connectable: &types.VirtualDeviceConnectInfo{StartConnected: true, Connected: m.spec.PoweredOn, AllowGuestControl: true},
			Backing: &types.VirtualEthernetCardNetworkBackingInfo{
				VirtualDeviceDeviceBackingInfo: types.VirtualDeviceDeviceBackingInfo{DeviceName: spec.Network},
			},
		},
		AddressType: "assigned", MacAddress: mac, WakeOnLanEnabled: types.NewBool(true),
	}
	switch spec.Kind {
	case "e1000":
		return &types.VirtualE1000{VirtualEthernetCard: card}
	case "e1000e":
		return &types.VirtualE1000e{VirtualEthernetCard: card}
	}
	return &types.VirtualVmxnet3{VirtualVmxnet: types.VirtualVmxnet{VirtualEthernetCard: card}}
}
