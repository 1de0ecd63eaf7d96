package main

import (
	"bytes"
	"hash/fnv"
	"strconv"
	"sync"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
	"github.com/vmware/govmomi/vim25/xml"
)

// updateHub hears of every change in the simulator's registry and wakes those who wait for updates.
type updateHub struct {
	mu    sync.Mutex
	waits map[*waitState]bool
}

func newUpdateHub() *updateHub { return &updateHub{waits: map[*waitState]bool{}} }

// Reference makes it a handler of the registry; it is no object of it.
func (h *updateHub) Reference() types.ManagedObjectReference {
	return types.ManagedObjectReference{Type: "LabUpdateHub", Value: "hub"}
}

// PutObject hears of a new object.
func (h *updateHub) PutObject(o mo.Reference) { h.tell(o.Reference(), true) }

// UpdateObject hears of changed properties. A change of what traversals follow may bring objects in or out.
func (h *updateHub) UpdateObject(o mo.Reference, changes []types.PropertyChange) {
	structural := false
	for _, c := range changes {
		switch c.Name {
		case "childEntity", "view", "recentTask", "vm", "parent":
			structural = true
		}
	}
	h.tell(o.Reference(), structural)
}

// RemoveObject hears of an object that is gone.
func (h *updateHub) RemoveObject(ref types.ManagedObjectReference) { h.tell(ref, true) }

func (h *updateHub) tell(ref types.ManagedObjectReference, structural bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for w := range h.waits {
		w.note(ref, structural)
	}
}

func (h *updateHub) add(w *waitState) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.waits[w] = true
}

func (h *updateHub) remove(w *waitState) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.waits, w)
}

func (h *updateHub) dropSession(key string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for w := range h.waits {
		if w.session == key {
			delete(h.waits, w)
			w.stop()
		}
	}
}

// waitState is what one collector has told its client, and what it must look at again.
type waitState struct {
	mu         sync.Mutex
	session    string
	dirty      map[types.ManagedObjectReference]bool
	structural bool
	wake       chan struct{}
	stopped    bool
	version    int
	known      map[types.ManagedObjectReference]map[types.ManagedObjectReference]map[string]uint64
	pending    []types.PropertyFilterUpdate
}

func (w *waitState) init() {
	if w.wake == nil {
		w.wake = make(chan struct{}, 1)
		w.dirty = map[types.ManagedObjectReference]bool{}
		w.known = map[types.ManagedObjectReference]map[types.ManagedObjectReference]map[string]uint64{}
	}
}

func (w *waitState) note(ref types.ManagedObjectReference, structural bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.init()
	w.dirty[ref] = true
	w.structural = w.structural || structural
	w.poke()
}

func (w *waitState) poke() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

func (w *waitState) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.init()
	w.stopped = true
	w.poke()
}

// CancelWaitForUpdates ends the waiting call with RequestCanceled.
func (c *labCollector) CancelWaitForUpdates(*types.CancelWaitForUpdates) soap.HasFault {
	c.wait.stop()
	return &methods.CancelWaitForUpdatesBody{Res: &types.CancelWaitForUpdatesResponse{}}
}

// WaitForUpdatesEx tells what is new since the version. Version "" starts anew with everything there is.
func (c *labCollector) WaitForUpdatesEx(ctx *simulator.Context, req *types.WaitForUpdatesEx) soap.HasFault {
	body := &methods.WaitForUpdatesExBody{}
	w := &c.wait
	w.mu.Lock()
	w.init()
	w.session, w.stopped = ctx.Session.Key, false
	if req.Version != "" && req.Version != strconv.Itoa(w.version) {
		w.mu.Unlock()
		body.Fault_ = simulator.Fault("The version is not known", &types.InvalidCollectorVersion{})
		return body
	}
	if req.Version == "" {
		w.known = map[types.ManagedObjectReference]map[types.ManagedObjectReference]map[string]uint64{}
		w.pending, w.structural, w.version = nil, true, 0
	}
	w.mu.Unlock()
	c.owner().hub.add(w)
	var deadline <-chan time.Time
	max, limit := -1, 0
	if req.Options != nil {
		limit = int(req.Options.MaxObjectUpdates)
		if req.Options.MaxWaitSeconds != nil {
			max = int(*req.Options.MaxWaitSeconds)
			deadline = time.After(time.Duration(max) * time.Second)
		}
	}
	for {
		set, err := c.collectUpdates(ctx, limit)
		if err != nil {
			body.Fault_ = err
			return body
		}
		if set != nil || max == 0 {
			body.Res = &types.WaitForUpdatesExResponse{Returnval: set}
			return body
		}
		select {
		case <-deadline:
			body.Res = &types.WaitForUpdatesExResponse{}
			return body
		case <-w.wake:
			time.Sleep(20 * time.Millisecond) // changes come in groups
		}
		w.mu.Lock()
		stopped := w.stopped
		w.mu.Unlock()
		if stopped {
			body.Fault_ = simulator.Fault("The request was canceled", &types.RequestCanceled{})
			return body
		}
	}
}

// WaitForUpdates is the older form without options.
func (c *labCollector) WaitForUpdates(ctx *simulator.Context, req *types.WaitForUpdates) soap.HasFault {
	res := c.WaitForUpdatesEx(ctx, &types.WaitForUpdatesEx{This: req.This, Version: req.Version})
	body := &methods.WaitForUpdatesBody{Fault_: res.Fault()}
	if ex := res.(*methods.WaitForUpdatesExBody); ex.Res != nil && ex.Res.Returnval != nil {
		body.Res = &types.WaitForUpdatesResponse{Returnval: *ex.Res.Returnval}
	}
	return body
}

// collectUpdates looks at what changed for each filter; nil when there is nothing to tell.
func (c *labCollector) collectUpdates(ctx *simulator.Context, limit int) (*types.UpdateSet, *soap.Fault) {
	w := &c.wait
	w.mu.Lock()
	dirty, structural, pending := w.dirty, w.structural, w.pending
	w.dirty, w.structural, w.pending = map[types.ManagedObjectReference]bool{}, false, nil
	w.mu.Unlock()
	updates := pending
	for _, ref := range c.Filter {
		filter, ok := ctx.Session.Get(ref).(*simulator.PropertyFilter)
		if !ok {
			continue
		}
		known, seen := w.known[ref], true
		if known == nil {
			known, seen = map[types.ManagedObjectReference]map[string]uint64{}, false
			w.known[ref] = known
		}
		spec := filter.Spec
		whole := structural || !seen
		if !whole {
			if spec = narrowed(spec, dirty, known); len(spec.ObjectSet) == 0 {
				continue
			}
		}
		// Whoever vanishes while we look is reported as gone, not as a fault.
		yes := true
		spec.ReportMissingObjectsInResults = &yes
		res := c.PropertyCollector.RetrievePropertiesEx(ctx, &types.RetrievePropertiesEx{SpecSet: []types.PropertyFilterSpec{spec}})
		if res.Fault() != nil {
			return nil, res.Fault()
		}
		objects := res.(*methods.RetrievePropertiesExBody).Res.Returnval.Objects
		if set := diff(known, objects, whole); len(set) > 0 {
			updates = append(updates, types.PropertyFilterUpdate{Filter: ref, ObjectSet: set})
		}
	}
	if len(updates) == 0 {
		return nil, nil
	}
	now, later := splitUpdates(updates, limit)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pending = later
	if len(later) > 0 {
		w.poke()
	}
	w.version++
	set := &types.UpdateSet{Version: strconv.Itoa(w.version), FilterSet: now}
	if len(later) > 0 {
		set.Truncated = types.NewBool(true)
	}
	return set, nil
}

// narrowed asks for the changed ones of the known objects only.
func narrowed(spec types.PropertyFilterSpec, dirty map[types.ManagedObjectReference]bool, known map[types.ManagedObjectReference]map[string]uint64) types.PropertyFilterSpec {
	out := types.PropertyFilterSpec{PropSet: spec.PropSet}
	for ref := range dirty {
		if _, ok := known[ref]; ok {
			out.ObjectSet = append(out.ObjectSet, types.ObjectSpec{Obj: ref})
		}
	}
	return out
}

// diff compares with what was told before and remembers what is told now.
func diff(known map[types.ManagedObjectReference]map[string]uint64, objects []types.ObjectContent, whole bool) []types.ObjectUpdate {
	var out []types.ObjectUpdate
	present := map[types.ManagedObjectReference]bool{}
	for _, o := range objects {
		present[o.Obj] = true
		before, was := known[o.Obj]
		after := map[string]uint64{}
		update := types.ObjectUpdate{Obj: o.Obj, Kind: types.ObjectUpdateKindModify, MissingSet: o.MissingSet}
		if !was {
			update.Kind = types.ObjectUpdateKindEnter
		}
		for _, p := range o.PropSet {
			after[p.Name] = hashOf(p.Val)
			if old, had := before[p.Name]; !had || old != after[p.Name] {
				update.ChangeSet = append(update.ChangeSet, types.PropertyChange{Op: types.PropertyChangeOpAssign, Name: p.Name, Val: p.Val})
			}
		}
		for name := range before {
			if _, still := after[name]; !still {
				update.ChangeSet = append(update.ChangeSet, types.PropertyChange{Op: types.PropertyChangeOpAssign, Name: name})
			}
		}
		known[o.Obj] = after
		if !was || len(update.ChangeSet) > 0 {
			out = append(out, update)
		}
	}
	if whole {
		for ref := range known {
			if !present[ref] {
				delete(known, ref)
				out = append(out, types.ObjectUpdate{Kind: types.ObjectUpdateKindLeave, Obj: ref})
			}
		}
	}
	return out
}

func hashOf(v types.AnyType) uint64 {
	var b bytes.Buffer
	_ = xml.NewEncoder(&b).Encode(v)
	h := fnv.New64a()
	_, _ = h.Write(b.Bytes())
	return h.Sum64()
}

// splitUpdates keeps an answer to a number of objects.
func splitUpdates(all []types.PropertyFilterUpdate, limit int) (now, later []types.PropertyFilterUpdate) {
	if limit <= 0 {
		return all, nil
	}
	left := limit
	for _, u := range all {
		if left == 0 {
			later = append(later, u)
			continue
		}
		if len(u.ObjectSet) > left {
			later = append(later, types.PropertyFilterUpdate{Filter: u.Filter, ObjectSet: u.ObjectSet[left:]})
			u.ObjectSet = u.ObjectSet[:left]
		}
		left -= len(u.ObjectSet)
		now = append(now, u)
	}
	return now, later
}
