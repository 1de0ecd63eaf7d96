package main

import (
	"encoding/json"
	"sync"
)

// knobs are the settings of a running lab; the control call "knobs" changes some of them.
type knobs struct {
	// TaskMs is how long a task takes; its progress moves on the way.
	TaskMs int `json:"taskMs"`
	// SessionIdleMs ends a session that was idle that long; 0 never does.
	SessionIdleMs int `json:"sessionIdleMs"`
	// MaxSessions answers a login beyond it with 503; 0 is no limit.
	MaxSessions int `json:"maxSessions"`
	// MaxFolderRequests and MaxNfcRequests answer 503 above that many at once; 0 is no limit.
	MaxFolderRequests int `json:"maxFolderRequests"`
	MaxNfcRequests    int `json:"maxNfcRequests"`
	// LockedChain locks every disk file of a running machine, also below a snapshot, as ESXi with VMFS6 does.
	LockedChain bool `json:"lockedChain"`
	// AcceptRanges announces Accept-Ranges: bytes. Range works either way.
	AcceptRanges bool `json:"acceptRanges"`
	// MaxPage caps the objects of one RetrievePropertiesEx answer whatever the client asks; 0 is no cap.
	MaxPage int `json:"maxPage"`
	// MaxChangedAreas caps the areas of one QueryChangedDiskAreas answer.
	MaxChangedAreas int `json:"maxChangedAreas"`
	// ChangedAreas: "precise", "whole" ("*" gives the whole disk as one area) or "fails" ("*" is a FileFault).
	ChangedAreas string `json:"changedAreas"`
	// LeaseInitMs is how long a lease is initializing; LeaseTimeoutMs ends one that gets no HttpNfcLeaseProgress.
	LeaseInitMs    int `json:"leaseInitMs"`
	LeaseTimeoutMs int `json:"leaseTimeoutMs"`
	// DeviceHost is the host of device URLs: "host" is the lab's ESXi door, "*" is for the client to fill in, else a text.
	DeviceHost string `json:"deviceHost"`
	// Thumbprint in device URLs: "right", "wrong" or "none".
	Thumbprint string `json:"thumbprint"`
	// FileSize tells deviceUrl.fileSize, which many servers leave out.
	FileSize bool `json:"fileSize"`
	// Manifest: "sha1", "sha256" (as well), "wrong", "none".
	Manifest string `json:"manifest"`
	// ShutdownMs is how long a guest takes to shut down.
	ShutdownMs int `json:"shutdownMs"`
	// GoPrefix leaves type attributes with the odd prefix that Go writes, in place of xsi.
	GoPrefix bool `json:"goPrefix"`
	// QuotedCookie puts the session's cookie in double quotes, as vCenter does; it must come back byte for byte.
	QuotedCookie bool `json:"quotedCookie"`
	// DeltaFormat of new snapshots on VMFS: "sesparse" or "cowd".
	DeltaFormat string `json:"deltaFormat"`
}

type knobBox struct {
	mu sync.Mutex
	k  knobs
}

func newKnobBox() *knobBox {
	return &knobBox{k: knobs{
		TaskMs: 20, AcceptRanges: true, ChangedAreas: "precise", MaxChangedAreas: 2000, LeaseInitMs: 20, LeaseTimeoutMs: 300_000,
		DeviceHost: "host", Thumbprint: "right", Manifest: "sha256", ShutdownMs: 100, QuotedCookie: true, DeltaFormat: "sesparse",
	}}
}

func (b *knobBox) get() knobs {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.k
}

// set changes the knobs that the JSON names and leaves the others.
func (b *knobBox) set(raw json.RawMessage) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	next := b.k
	if err := strictJSON(raw, &next); err != nil {
		return err
	}
	b.k = next
	return nil
}
