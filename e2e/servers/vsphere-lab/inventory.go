package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/simulator/esx"
	"github.com/vmware/govmomi/vim25"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// storeNames are the datastores of the lab, in order; a stand-alone host has the first two.
var storeNames = []string{"datastore1", "nfs share 1", "vsanDatastore"}

// places are where machines can be put.
type places struct {
	vmFolder *simulator.Folder
	hosts    []*simulator.HostSystem
	pools    []*simulator.ResourcePool
	networks []types.ManagedObjectReference
	folders  map[string]*simulator.Folder // by path below vmFolder
}

// buildInventory makes the fixed part: datacenter (in a folder), clusters, hosts, pools, networks and datastores.
func (l *lab) buildInventory() error {
	model := simulator.VPX()
	if l.cfg.Esx {
		model = simulator.ESX()
	} else {
		model.Folder = 1
		model.Cluster = 2
		model.ClusterHost = 2
		model.Pool = 1
		model.Portgroup = 2
	}
	model.Machine = 0
	model.Datastore = 0
	if err := model.Create(); err != nil {
		return fmt.Errorf("the simulator's inventory: %w", err)
	}
	l.service = model.Service
	about := &simulator.Map.Get(vim25.ServiceInstance).(*simulator.ServiceInstance).Content.About
	about.Version, about.ApiVersion, about.Build = "8.0.2", "8.0.2.0", "22385739"
	about.FullName = fmt.Sprintf("%s %s build-%s", about.Name, about.Version, about.Build)
	if err := l.nameThings(); err != nil {
		return err
	}
	return l.addDatastores()
}

// nameThings gives the datacenter and its folder names with characters that must be escaped in URLs.
func (l *lab) nameThings() error {
	dc, ok := simulator.Map.Any("Datacenter").(*simulator.Datacenter)
	if !ok {
		return fmt.Errorf("the simulator made no datacenter")
	}
	l.dcRef = dc.Self
	if l.cfg.Esx {
		l.dcPath = dc.Name
	} else {
		folderName, dcName := l.cfg.DatacenterFolder, l.cfg.Datacenter
		if folderName == "" {
			folderName = "Europe"
		}
		if dcName == "" {
			dcName = "Berlin & Sons 1"
		}
		folder := simulator.Map.Get(*dc.Parent).(*simulator.Folder)
		folder.Name, dc.Name = folderName, dcName
		l.dcPath = folderName + "/" + dcName
	}
	root := simulator.Map.Get(dc.VmFolder).(*simulator.Folder)
	l.places = &places{vmFolder: root, folders: map[string]*simulator.Folder{"": root}, networks: dc.Network}
	for _, e := range simulator.Map.All("HostSystem") {
		l.places.hosts = append(l.places.hosts, e.(*simulator.HostSystem))
	}
	sortEntities(l.places.hosts, func(h *simulator.HostSystem) string { return h.Self.Value })
	for _, e := range simulator.Map.All("ResourcePool") {
		l.places.pools = append(l.places.pools, e.(*simulator.ResourcePool))
	}
	sortEntities(l.places.pools, func(p *simulator.ResourcePool) string { return p.Self.Value })
	return nil
}

// addDatastores mounts a VMFS, an NFS and a vSAN datastore (as far as clients can tell) on every host.
func (l *lab) addDatastores() error {
	client, err := vim25.NewClient(context.Background(), l.service)
	if err != nil {
		return err
	}
	kinds := []string{"VMFS", "NFS", "vsan"}
	for i, name := range storeNames {
		if l.cfg.Esx && i == 2 {
			break
		}
		dir := filepath.Join(l.storesDir, fmt.Sprintf("store%d", i+1))
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
		var ds *simulator.Datastore
		for _, host := range l.places.hosts {
			system, err := object.NewHostSystem(client, host.Self).ConfigManager().DatastoreSystem(context.Background())
			if err != nil {
				return err
			}
			made, err := system.CreateLocalDatastore(context.Background(), name, dir)
			if err != nil {
				return fmt.Errorf("datastore %s on %s: %w", name, host.Name, err)
			}
			next := simulator.Map.Get(made.Reference()).(*simulator.Datastore)
			if ds != nil {
				next.Host = append(ds.Host, next.Host...)
			}
			ds = next
		}
		l.dressDatastore(ds, name, kinds[i])
		l.datastores[name] = &datastore{name: name, dir: dir, ref: ds.Self, kind: kinds[i]}
	}
	return nil
}

func (l *lab) dressDatastore(ds *simulator.Datastore, name, kind string) {
	url := fmt.Sprintf("ds:///vmfs/volumes/%08x-lab/", len(l.datastores)+1)
	ds.Summary.Type = kind
	ds.Summary.Url = url
	ds.Summary.Capacity = 10 << 40
	ds.Summary.FreeSpace = 6 << 40
	ds.Summary.MultipleHostAccess = types.NewBool(true)
	now := time.Now()
	base := types.DatastoreInfo{Name: name, Url: url, FreeSpace: ds.Summary.FreeSpace, MaxFileSize: 64 << 40, Timestamp: &now}
	switch kind {
	case "VMFS":
		ds.Info = &types.VmfsDatastoreInfo{DatastoreInfo: base, Vmfs: &types.HostVmfsVolume{
			HostFileSystemVolume: types.HostFileSystemVolume{Type: "VMFS", Name: name, Capacity: ds.Summary.Capacity},
			BlockSizeMb:          1, MajorVersion: 6, Version: "6.82", Uuid: "00000001-lab",
		}}
	case "NFS":
		ds.Info = &types.NasDatastoreInfo{DatastoreInfo: base, Nas: &types.HostNasVolume{
			HostFileSystemVolume: types.HostFileSystemVolume{Type: "NFS", Name: name, Capacity: ds.Summary.Capacity},
			RemoteHost:           "nfs.lab.test", RemotePath: "/export/1",
		}}
	default:
		ds.Info = &base
	}
}

// putSingletons puts the lab's own managers in the places of the simulator's.
func (l *lab) putSingletons() {
	content := simulator.Map.Get(vim25.ServiceInstance).(*simulator.ServiceInstance).Content
	collector := &labCollector{lab: l}
	collector.Self = content.PropertyCollector
	simulator.Map.Put(collector)
	theLab = l
	simulator.Map.AddHandler(l.hub)
	if content.AuthorizationManager != nil {
		old := simulator.Map.Get(*content.AuthorizationManager).(*simulator.AuthorizationManager)
		auth := &labAuthorization{AuthorizationManager: *old, lab: l}
		simulator.Map.Put(auth)
	}
	simulator.Map.Put(&LabSessionManager{ref: companionRef("SessionManager", *content.SessionManager), lab: l})
	l.tags = newTagStore(l)
}

// folder finds or makes a folder for machines, by a path below the datacenter's vm folder.
func (l *lab) folder(path string) *simulator.Folder {
	if f, ok := l.places.folders[path]; ok {
		return f
	}
	parentPath, name := filepath.Split(path)
	parent := l.places.vmFolder
	if parentPath != "" {
		parent = l.folder(parentPath[:len(parentPath)-1])
	}
	f := &simulator.Folder{}
	f.Name = name
	f.ChildType = []string{"Folder", "VirtualMachine"}
	f.Self = types.ManagedObjectReference{Type: "Folder", Value: fmt.Sprintf("group-v%d", 5000+l.nextID())}
	f.Parent = &parent.Self
	appendChild(parent, f.Self)
	simulator.Map.Put(f)
	l.places.folders[path] = f
	return f
}

func appendChild(parent *simulator.Folder, child types.ManagedObjectReference) {
	simulator.Map.WithLock(parent, func() {
		simulator.Map.Update(parent, []types.PropertyChange{
			{Name: "childEntity", Val: append(append([]types.ManagedObjectReference(nil), parent.ChildEntity...), child)},
		})
	})
}

// append1 adds a reference to a list under its owner's lock, and removes1 takes it out.
func append1(owner mo.Reference, list *[]types.ManagedObjectReference, ref types.ManagedObjectReference) {
	simulator.Map.AppendReference(owner, list, ref)
}

var defaultDevices = esx.VirtualDevice
