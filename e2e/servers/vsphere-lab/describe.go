package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

// describe makes the simulator's object of a machine, with the properties that clients read.
func (l *lab) describe(m *machine) *simulator.VirtualMachine {
	s := m.spec
	orDefault(&s.GuestID, "otherGuest64")
	orDefault(&s.Firmware, "bios")
	orDefault(&s.Hardware, "vmx-19")
	if s.CPUs == 0 {
		s.CPUs = 2
	}
	if s.MemoryMB == 0 {
		s.MemoryMB = 2048
	}
	if len(s.Nics) == 0 {
		s.Nics = []nicSpec{{Kind: "vmxnet3"}}
	}
	m.spec = s
	host := l.places.hosts[s.Host%len(l.places.hosts)]
	now := time.Now()
	vmx := fmt.Sprintf("[%s] %s/%s.vmx", m.store.name, m.dir, m.dir)
	home := fmt.Sprintf("[%s] %s/", m.store.name, m.dir)
	vm := &simulator.VirtualMachine{}
	vm.Self = m.ref
	vm.Name = m.name
	vm.Parent = &m.folder.Self
	vm.Datastore = m.datastoreRefs(l)
	vm.Network = l.places.networks
	if !s.Template {
		vm.ResourcePool = l.poolOf(host)
	}
	allocation := types.DefaultResourceConfigSpec()
	vm.Config = &types.VirtualMachineConfigInfo{
		ChangeVersion: now.UTC().Format(time.RFC3339Nano), Modified: now, CreateDate: &now, Name: m.name, GuestId: s.GuestID,
		GuestFullName: s.GuestID, Version: s.Hardware, Uuid: nameUUID(vmx), InstanceUuid: nameUUID("instance" + vmx),
		Annotation: s.Annotation, Template: s.Template,
		Files:                 types.VirtualMachineFileInfo{VmPathName: vmx, SnapshotDirectory: home, SuspendDirectory: home, LogDirectory: home},
		Tools:                 &types.ToolsConfigInfo{},
		CpuAllocation:         &allocation.CpuAllocation,
		MemoryAllocation:      &allocation.MemoryAllocation,
		BootOptions:           &types.VirtualMachineBootOptions{EfiSecureBootEnabled: types.NewBool(s.SecureBoot)},
		ChangeTrackingEnabled: types.NewBool(s.Cbt),
		Firmware:              s.Firmware,
		ExtraConfig:           []types.BaseOptionValue{&types.OptionValue{Key: "nvram", Value: m.dir + ".nvram"}},
		Hardware: types.VirtualHardware{
			NumCPU: s.CPUs, NumCoresPerSocket: 1, MemoryMB: s.MemoryMB, Device: l.devices(m),
		},
	}
	if s.Encrypted {
		vm.Config.KeyId = &types.CryptoKeyId{KeyId: "lab-key-1", ProviderId: &types.KeyProviderId{Id: "lab-kms"}}
	}
	vm.Capability = types.VirtualMachineCapability{
		SnapshotOperationsSupported: true, MultipleSnapshotsSupported: true, PoweredOffSnapshotsSupported: true,
		MemorySnapshotsSupported: true, RevertToSnapshotSupported: true, QuiescedSnapshotsSupported: true,
		ChangeTrackingSupported: types.NewBool(true), SecureBootSupported: types.NewBool(true),
	}
	vm.Runtime = types.VirtualMachineRuntimeInfo{
		Host: &host.Self, ConnectionState: types.VirtualMachineConnectionStateConnected, PowerState: types.VirtualMachinePowerStatePoweredOff,
		ConsolidationNeeded: types.NewBool(false), MaxCpuUsage: 2000 * s.CPUs, MaxMemoryUsage: s.MemoryMB,
	}
	vm.Guest = &types.GuestInfo{GuestId: s.GuestID, GuestFamily: familyOf(s.GuestID), GuestFullName: s.GuestID, HostName: m.dir}
	setGuest(vm, s, s.PoweredOn)
	if s.PoweredOn {
		vm.Runtime.PowerState = types.VirtualMachinePowerStatePoweredOn
		vm.Runtime.BootTime = sinceBoot()
	}
	vm.Layout = &types.VirtualMachineFileLayout{}
	vm.LayoutEx = m.layout()
	vm.Storage = m.storage(vm.LayoutEx)
	l.summarize(vm, m)
	m.writeSmallFiles()
	return vm
}

func (l *lab) summarize(vm *simulator.VirtualMachine, m *machine) {
	s := m.spec
	vm.Summary = types.VirtualMachineSummary{
		Vm: &vm.Self, Runtime: vm.Runtime, OverallStatus: types.ManagedEntityStatusGreen,
		Guest: &types.VirtualMachineGuestSummary{
			GuestId: s.GuestID, GuestFullName: s.GuestID, HostName: vm.Guest.HostName, IpAddress: vm.Guest.IpAddress,
			ToolsStatus: vm.Guest.ToolsStatus, ToolsRunningStatus: vm.Guest.ToolsRunningStatus,
		},
		Config: types.VirtualMachineConfigSummary{
			Name: m.name, Template: s.Template, VmPathName: vm.Config.Files.VmPathName, MemorySizeMB: s.MemoryMB, NumCpu: s.CPUs,
			NumEthernetCards: int32(len(s.Nics)), NumVirtualDisks: int32(len(m.disks)), Uuid: vm.Config.Uuid, InstanceUuid: vm.Config.InstanceUuid,
			GuestId: s.GuestID, GuestFullName: s.GuestID, Annotation: s.Annotation, TpmPresent: types.NewBool(s.Tpm),
		},
		Storage: storageSummary(vm.Storage),
		QuickStats: types.VirtualMachineQuickStats{
			GuestHeartbeatStatus: types.ManagedEntityStatusGray, OverallCpuUsage: 100 * s.CPUs, GuestMemoryUsage: s.MemoryMB / 3,
		},
	}
}

// setGuest fills in what VMware Tools tell while the machine runs.
func setGuest(vm *simulator.VirtualMachine, s machineSpec, on bool) {
	g := *vm.Guest
	g.ToolsVersionStatus2 = string(types.VirtualMachineToolsVersionStatusGuestToolsNotInstalled)
	g.ToolsStatus = types.VirtualMachineToolsStatusToolsNotInstalled
	g.ToolsRunningStatus = string(types.VirtualMachineToolsRunningStatusGuestToolsNotRunning)
	g.GuestState = "notRunning"
	g.IpAddress = ""
	g.Net = nil
	if s.Tools {
		g.ToolsVersionStatus2 = string(types.VirtualMachineToolsVersionStatusGuestToolsCurrent)
		g.ToolsVersion = "12389"
		g.ToolsStatus = types.VirtualMachineToolsStatusToolsNotRunning
		if on {
			g.ToolsStatus = types.VirtualMachineToolsStatusToolsOk
			g.ToolsRunningStatus = string(types.VirtualMachineToolsRunningStatusGuestToolsRunning)
			g.IpAddress = "192.0.2." + fmt.Sprint(1+len(vm.Name)%250)
			g.Net = []types.GuestNicInfo{{Network: "VM Network", IpAddress: []string{g.IpAddress}, MacAddress: "00:50:56:00:00:01", Connected: true, DeviceConfigId: 4000}}
		}
	}
	if on {
		g.GuestState = "running"
	}
	vm.Guest = &g
}

func familyOf(guest string) string {
	if strings.HasPrefix(guest, "win") {
		return "windowsGuest"
	}
	if strings.HasPrefix(guest, "other") {
		return "otherGuestFamily"
	}
	return "linuxGuest"
}

func orDefault(s *string, d string) {
	if *s == "" {
		*s = d
	}
}

func (l *lab) poolOf(host *simulator.HostSystem) *types.ManagedObjectReference {
	parent := simulator.Map.Get(*host.Parent)
	for _, pool := range l.places.pools {
		if pool.Owner == parent.Reference() {
			return &pool.Self
		}
	}
	return &l.places.pools[0].Self
}

func (m *machine) datastoreRefs(l *lab) []types.ManagedObjectReference {
	refs := []types.ManagedObjectReference{m.store.ref}
	for _, d := range m.disks {
		seen := false
		for _, ref := range refs {
			seen = seen || ref == d.store.ref
		}
		if !seen {
			refs = append(refs, d.store.ref)
		}
	}
	return refs
}

// writeSmallFiles writes the files of a machine beside its disks, for those who look into its folder.
func (m *machine) writeSmallFiles() {
	if len(m.disks) > 0 && m.disks[0].spec.Empty {
		return
	}
	home := filepath.Join(m.store.dir, m.dir)
	vmx := fmt.Sprintf(".encoding = \"UTF-8\"\nconfig.version = \"8\"\nvirtualHW.version = \"%s\"\ndisplayName = \"%s\"\nguestOS = \"%s\"\n",
		strings.TrimPrefix(m.spec.Hardware, "vmx-"), folderName(m.name), m.spec.GuestID)
	writeText(filepath.Join(home, m.dir+".vmx"), vmx)
	writeText(filepath.Join(home, m.dir+".nvram"), strings.Repeat("NVRAM\x00", 1400))
	writeText(filepath.Join(home, "vmware.log"), "lab: powered on\n")
}
