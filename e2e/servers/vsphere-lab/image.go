package main

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	seekData = 3
	seekHole = 4
)

func now() time.Time { return time.Now().UTC() }

// contentID is a fresh CID of a descriptor: eight hex digits.
func contentID() string {
	var b [4]byte
	_, _ = rand.Read(b[:])
	return fmt.Sprintf("%08x", binary.BigEndian.Uint32(b[:])|1)
}

// stampDisk writes 192 KiB and a sector at the start of each MiB, and the disk's last sector: every eight bytes hold their
// own offset mixed with the seed, so that a read from the wrong place shows; the rest stays a hole.
func stampDisk(f *os.File, seed uint64, capacity int64) error {
	const stride, used = 1 << 20, 192<<10 + 512
	for at := int64(0); at < capacity; at += stride {
		n := int64(used)
		if at+n > capacity {
			n = capacity - at
		}
		if _, err := f.WriteAt(stamped(seed, at, n), at); err != nil {
			return err
		}
	}
	_, err := f.WriteAt(stamped(seed, capacity-512, 512), capacity-512)
	return err
}

// stamped makes n bytes for the offset; both are multiples of 8.
func stamped(seed uint64, offset, n int64) []byte {
	out := make([]byte, n)
	for i := int64(0); i+8 <= n; i += 8 {
		binary.LittleEndian.PutUint64(out[i:], (uint64(offset+i)^seed)*0x9E3779B97F4A7C15|1)
	}
	return out
}

type span struct{ start, end int64 }

// dataSpans lists the allocated parts of a file, in order.
func dataSpans(path string) ([]span, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	var out []span
	for at := int64(0); at < info.Size(); {
		start, err := f.Seek(at, seekData)
		if err != nil {
			if pathErr, ok := err.(*os.PathError); ok && pathErr.Err == syscall.ENXIO {
				break
			}
			return nil, err
		}
		end, err := f.Seek(start, seekHole)
		if err != nil {
			return nil, err
		}
		out = append(out, span{start, end})
		at = end
	}
	return out, nil
}

// copySparse copies a file and keeps its holes.
func copySparse(from, to string) error {
	spans, err := dataSpans(from)
	if err != nil {
		return err
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer out.Close()
	if err := out.Truncate(info.Size()); err != nil {
		return err
	}
	for _, s := range spans {
		if _, err := in.Seek(s.start, io.SeekStart); err != nil {
			return err
		}
		if _, err := out.Seek(s.start, io.SeekStart); err != nil {
			return err
		}
		if _, err := io.CopyN(out, in, s.end-s.start); err != nil {
			return err
		}
	}
	return nil
}

// copyInto puts a file's data at the start of a disk.
func copyInto(f *os.File, from string, capacity int64) error {
	spans, err := dataSpans(from)
	if err != nil {
		return err
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	for _, s := range spans {
		if s.end > capacity {
			return fmt.Errorf("%s is longer than the disk", from)
		}
		if _, err := in.Seek(s.start, io.SeekStart); err != nil {
			return err
		}
		if _, err := f.Seek(s.start, io.SeekStart); err != nil {
			return err
		}
		if _, err := io.CopyN(f, in, s.end-s.start); err != nil {
			return err
		}
	}
	return nil
}

func allocatedBytes(path string) int64 {
	var st syscall.Stat_t
	if syscall.Stat(path, &st) != nil {
		return 0
	}
	return st.Blocks * 512
}

func writeText(path, text string) { _ = os.WriteFile(path, []byte(text), 0o600) }

// writeDescriptor writes the text file of a layer.
func (m *machine) writeDescriptor(d *disk, ly *layer) error {
	var b strings.Builder
	parent, kind := "ffffffff", "vmfs"
	if ly.parent != nil {
		parent, kind = ly.parent.contentID, "vmfsSparse"
		if ly.format == "sesparse" {
			kind = "seSparse"
		}
	}
	fmt.Fprintf(&b, "# Disk DescriptorFile\nversion=1\nencoding=\"UTF-8\"\nCID=%s\nparentCID=%s\ncreateType=\"%s\"\n", ly.contentID, parent, kind)
	if ly.parent != nil {
		fmt.Fprintf(&b, "parentFileNameHint=\"%s\"\n", ly.parent.file)
	}
	extent, name := "VMFS", ly.extentName()
	switch {
	case d.store.kind == "vsan":
		name = "vsan://" + d.uuid
	case ly.format == "cowd":
		extent = "VMFSSPARSE"
	case ly.format == "sesparse":
		extent = "SESPARSE"
	}
	fmt.Fprintf(&b, "# Extent description\nRW %d %s \"%s\"\n\n# The Disk Data Base\n#DDB\n\nddb.adapterType = \"lsilogic\"\n", d.capacity/512, extent, name)
	fmt.Fprintf(&b, "ddb.uuid = \"%s\"\nddb.virtualHWVersion = \"19\"\n", d.uuid)
	return os.WriteFile(filepath.Join(d.store.dir, m.dir, ly.file), []byte(b.String()), 0o600)
}
