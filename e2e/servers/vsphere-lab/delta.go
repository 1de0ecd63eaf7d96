package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// deltaFile makes the extent of a layer above another: what differs between the two images, in the layer's format. Made
// when somebody asks, and again when one of the two changed.
func (l *lab) deltaFile(m *machine, d *disk, ly *layer) (string, error) {
	out := filepath.Join(l.tmpDir, fmt.Sprintf("%s-%d-%s-%s-%d-%d", m.ref.Value, d.key, ly.file, ly.format, ly.version, ly.parent.version))
	if _, err := os.Stat(out); err == nil {
		return out, nil
	}
	var err error
	if ly.format == "cowd" {
		err = writeCowd(out, ly.image, ly.parent.image, d.capacity)
	} else {
		err = writeSeSparse(out, ly.image, ly.parent.image, d.capacity)
	}
	if err != nil {
		_ = os.Remove(out)
	}
	return out, err
}

// grains calls f for each grain that differs between two images, in order.
func grains(upper, lower string, grain, capacity int64, f func(index int64, data []byte) error) error {
	a, err := os.Open(upper)
	if err != nil {
		return err
	}
	defer a.Close()
	b, err := os.Open(lower)
	if err != nil {
		return err
	}
	defer b.Close()
	one, err := dataSpans(upper)
	if err != nil {
		return err
	}
	two, err := dataSpans(lower)
	if err != nil {
		return err
	}
	marked := map[int64]bool{}
	var order []int64
	for _, spans := range [][]span{one, two} {
		for _, s := range spans {
			for g := s.start / grain; g*grain < s.end; g++ {
				if !marked[g] {
					marked[g] = true
					order = append(order, g)
				}
			}
		}
	}
	sortInts(order)
	x, y := make([]byte, grain), make([]byte, grain)
	for _, g := range order {
		if err := readGrain(a, x, g*grain, capacity); err != nil {
			return err
		}
		if err := readGrain(b, y, g*grain, capacity); err != nil {
			return err
		}
		if bytes.Equal(x, y) {
			continue
		}
		if err := f(g, x); err != nil {
			return err
		}
	}
	return nil
}

// readGrain reads a grain; beyond the disk's end it is zero.
func readGrain(f *os.File, into []byte, at, capacity int64) error {
	n := int64(len(into))
	if at+n > capacity {
		n = capacity - at
	}
	for i := n; i < int64(len(into)); i++ {
		into[i] = 0
	}
	_, err := f.ReadAt(into[:n], at)
	if err == io.EOF {
		return nil
	}
	return err
}
