package main

import (
	"sync"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// account is a person who may log in, with the privileges that the role lacks.
type account struct {
	Username string   `json:"username"`
	Password string   `json:"password"`
	Missing  []string `json:"missing"`
}

type accountTable struct {
	mu     sync.Mutex
	byName map[string]account
}

func newAccountTable(name, password string) *accountTable {
	return &accountTable{byName: map[string]account{name: {Username: name, Password: password}}}
}

func (t *accountTable) put(a account) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.byName[a.Username] = a
}

func (t *accountTable) check(name, password string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	a, ok := t.byName[name]
	return ok && a.Password == password
}

// lacks tells whether the account's role is without the privilege.
func (t *accountTable) lacks(name, privilege string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, missing := range t.byName[name].Missing {
		if missing == privilege {
			return true
		}
	}
	return false
}

// needed is the privilege that a call asks for. From the API reference where it names one; ExportVm and ExportSnapshot
// from memory.
var needed = map[string]string{
	"CreateSnapshot_Task":          "VirtualMachine.State.CreateSnapshot",
	"CreateSnapshotEx_Task":        "VirtualMachine.State.CreateSnapshot",
	"RemoveSnapshot_Task":          "VirtualMachine.State.RemoveSnapshot",
	"RemoveAllSnapshots_Task":      "VirtualMachine.State.RemoveSnapshot",
	"RevertToSnapshot_Task":        "VirtualMachine.State.RevertToSnapshot",
	"RevertToCurrentSnapshot_Task": "VirtualMachine.State.RevertToSnapshot",
	"RenameSnapshot":               "VirtualMachine.State.RenameSnapshot",
	"PowerOnVM_Task":               "VirtualMachine.Interact.PowerOn",
	"PowerOffVM_Task":              "VirtualMachine.Interact.PowerOff",
	"ShutdownGuest":                "VirtualMachine.Interact.PowerOff",
	"RebootGuest":                  "VirtualMachine.Interact.Reset",
	"ResetVM_Task":                 "VirtualMachine.Interact.Reset",
	"SuspendVM_Task":               "VirtualMachine.Interact.Suspend",
	"Destroy_Task":                 "VirtualMachine.Inventory.Delete",
	"QueryChangedDiskAreas":        "VirtualMachine.Provisioning.DiskRandomRead",
	"ExportVm":                     "VApp.Export",
	"ExportSnapshot":               "VApp.Export",
	"CreateContainerView":          "System.View",
	"RetrievePropertiesEx":         "System.Read",
	"AcquireGenericServiceTicket":  "Sessions.ValidateSession",
}

// folderNeeds are the privileges for reading through /folder.
var folderNeeds = []string{"Datastore.Browse", "Datastore.FileManagement"}

// labAuthorization answers what the session's account may do. The simulator's own manager grants everything.
type labAuthorization struct {
	simulator.AuthorizationManager
	lab *lab
}

func (a *labAuthorization) HasPrivilegeOnEntity(ctx *simulator.Context, req *types.HasPrivilegeOnEntity) soap.HasFault {
	granted := make([]bool, len(req.PrivId))
	for i, id := range req.PrivId {
		granted[i] = !a.lab.accounts.lacks(ctx.Session.UserName, id)
	}
	return &methods.HasPrivilegeOnEntityBody{Res: &types.HasPrivilegeOnEntityResponse{Returnval: granted}}
}

func (a *labAuthorization) available(user string, entities []types.ManagedObjectReference, ids []string) []types.EntityPrivilege {
	out := make([]types.EntityPrivilege, 0, len(entities))
	for _, entity := range entities {
		p := types.EntityPrivilege{Entity: entity}
		for _, id := range ids {
			p.PrivAvailability = append(p.PrivAvailability, types.PrivilegeAvailability{
				PrivId: id, IsGranted: !a.lab.accounts.lacks(user, id),
			})
		}
		out = append(out, p)
	}
	return out
}

func (a *labAuthorization) HasPrivilegeOnEntities(ctx *simulator.Context, req *types.HasPrivilegeOnEntities) soap.HasFault {
	return &methods.HasPrivilegeOnEntitiesBody{Res: &types.HasPrivilegeOnEntitiesResponse{
		Returnval: a.available(ctx.Session.UserName, req.Entity, req.PrivId),
	}}
}

func (a *labAuthorization) HasUserPrivilegeOnEntities(ctx *simulator.Context, req *types.HasUserPrivilegeOnEntities) soap.HasFault {
	return &methods.HasUserPrivilegeOnEntitiesBody{Res: &types.HasUserPrivilegeOnEntitiesResponse{
		Returnval: a.available(req.UserName, req.Entities, req.PrivId),
	}}
}

func (a *labAuthorization) FetchUserPrivilegeOnEntities(ctx *simulator.Context, req *types.FetchUserPrivilegeOnEntities) soap.HasFault {
	var granted []string
	for _, id := range a.allPrivileges() {
		if !a.lab.accounts.lacks(req.UserName, id) {
			granted = append(granted, id)
		}
	}
	var out []types.UserPrivilegeResult
	for _, entity := range req.Entities {
		out = append(out, types.UserPrivilegeResult{Entity: entity, Privileges: granted})
	}
	return &methods.FetchUserPrivilegeOnEntitiesBody{Res: &types.FetchUserPrivilegeOnEntitiesResponse{Returnval: out}}
}

// allPrivileges is the Admin role's list, with those that newer servers have and the simulator's table lacks.
func (a *labAuthorization) allPrivileges() []string {
	seen := map[string]bool{}
	var out []string
	add := func(id string) {
		if !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	for _, role := range a.RoleList {
		if role.Name == "Admin" {
			for _, id := range role.Privilege {
				add(id)
			}
		}
	}
	for _, id := range needed {
		add(id)
	}
	for _, id := range append([]string{"VirtualMachine.Config.ChangeTracking", "VirtualMachine.Provisioning.GetVmFiles"}, folderNeeds...) {
		add(id)
	}
	return out
}
