package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/vmware/govmomi/vim25/types"
)

func newChangeUUID(m *machine, d *disk) string {
	id := strings.ReplaceAll(uuid.New().String(), "-", "")
	pairs := make([]string, 16)
	for i := range pairs {
		pairs[i] = id[2*i : 2*i+2]
	}
	return strings.Join(pairs[:8], " ") + "-" + strings.Join(pairs[8:], " ")
}

func (d *disk) markWritten(offset, length int64) {
	if d.written == nil {
		d.written = make([]uint32, (d.capacity+blockBytes-1)/blockBytes)
	}
	for b := offset / blockBytes; b*blockBytes < offset+length; b++ {
		d.written[b] = d.epoch
	}
}

// changeID names the end of the current epoch; a snapshot keeps it.
func (d *disk) changeID() string {
	if d.cbt == "" {
		return ""
	}
	return fmt.Sprintf("%s/%d", d.cbt, d.epoch)
}

// changedSpans lists what was written after changeID and before the snapshot; "*" what is allocated in it. False: the id
// is of another tracking.
func (d *disk) changedSpans(s *snapshot, changeID string) ([]span, bool, error) {
	if changeID == "*" {
		spans, err := dataSpans(s.layers[d.key].image)
		return d.blocks(spans), true, err
	}
	slash := strings.LastIndex(changeID, "/")
	own := s.changeIDs[d.key]
	if slash < 0 || own == "" || own[:strings.LastIndex(own, "/")] != changeID[:slash] {
		return nil, false, nil
	}
	since, err := strconv.ParseUint(changeID[slash+1:], 10, 32)
	if err != nil {
		return nil, false, nil
	}
	var out []span
	for b, epoch := range s.written[d.key] {
		if epoch > uint32(since) {
			start := int64(b) * blockBytes
			out = append(out, span{start, start + blockBytes})
		}
	}
	return d.blocks(out), true, nil
}

// blocks widens spans to whole blocks, joins neighbours, and ends at the disk's end.
func (d *disk) blocks(spans []span) []span {
	var out []span
	for _, s := range spans {
		start := s.start / blockBytes * blockBytes
		end := (s.end + blockBytes - 1) / blockBytes * blockBytes
		if end > d.capacity {
			end = d.capacity
		}
		if n := len(out); n > 0 && start <= out[n-1].end {
			if end > out[n-1].end {
				out[n-1].end = end
			}
			continue
		}
		out = append(out, span{start, end})
	}
	return out
}

// changeInfo is one answer of QueryChangedDiskAreas: areas from startOffset on, no more than max of them. Its length says
// how far it looked; the client goes on from there.
func changeInfo(spans []span, startOffset, capacity int64, max int) types.DiskChangeInfo {
	out := types.DiskChangeInfo{StartOffset: startOffset, Length: capacity - startOffset}
	for _, s := range spans {
		if s.end <= startOffset {
			continue
		}
		if s.start < startOffset {
			s.start = startOffset
		}
		if max > 0 && len(out.ChangedArea) == max {
			last := out.ChangedArea[max-1]
			out.Length = last.Start + last.Length - startOffset
			break
		}
		out.ChangedArea = append(out.ChangedArea, types.DiskChangeExtent{Start: s.start, Length: s.end - s.start})
	}
	return out
}
