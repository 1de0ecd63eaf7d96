package main

import (
	"encoding/json"

	"github.com/vmware/govmomi/simulator"
)

// controlCircle makes two folders that name each other as parent, with a machine inside: a client that walks up by parent
// must not walk for ever.
func (l *lab) controlCircle(json.RawMessage) (interface{}, error) {
	l.mu.Lock()
	outer := l.folder("circle-outer")
	inner := l.folder("circle-outer/circle-inner")
	l.mu.Unlock()
	m, err := l.addMachine(machineSpec{Name: "in-a-circle", Folder: "circle-outer/circle-inner", Disks: []diskSpec{{CapacityBytes: 1 << 20, Empty: true}}})
	if err != nil {
		return nil, err
	}
	simulator.Map.WithLock(outer, func() { outer.Parent = &inner.Self })
	return l.describeMachine(m), nil
}
