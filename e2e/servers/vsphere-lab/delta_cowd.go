package main

import (
	"encoding/binary"
	"os"
)

// writeCowd writes a COWD extent (VMFS5's delta): grains of one sector, a directory at sector 4, tables of 4096 entries of
// 32 bits, entry 0 for "in the parent" and 1 for zeros.
//
//	0 "COWD"  4 version 1  8 flags 3  12 sectors  16 sectors a grain  20 directory's sector  24 directory entries
//	28 next free sector
func writeCowd(out, upper, lower string, capacity int64) error {
	const sector, entries = 512, 4096
	f, err := os.OpenFile(out, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	sectors := capacity / sector
	tables := (sectors + entries - 1) / entries
	directorySectors := (tables*4 + sector - 1) / sector
	directory := make([]byte, directorySectors*sector)
	free := uint32(4 + directorySectors)
	byTable := map[int64][]byte{}
	tableAt := map[int64]uint32{}
	err = grains(upper, lower, sector, capacity, func(index int64, data []byte) error {
		t := index / entries
		if byTable[t] == nil {
			byTable[t] = make([]byte, entries*4)
			tableAt[t] = free
			binary.LittleEndian.PutUint32(directory[t*4:], free)
			free += entries * 4 / sector
		}
		binary.LittleEndian.PutUint32(byTable[t][index%entries*4:], free)
		_, err := f.WriteAt(data, int64(free)*sector)
		free++
		return err
	})
	if err != nil {
		return err
	}
	for t, table := range byTable {
		if _, err := f.WriteAt(table, int64(tableAt[t])*sector); err != nil {
			return err
		}
	}
	header := make([]byte, 4*sector)
	copy(header, "COWD")
	for i, v := range []uint32{1, 3, uint32(sectors), 1, 4, uint32(tables), free} {
		binary.LittleEndian.PutUint32(header[4+4*i:], v)
	}
	if _, err := f.WriteAt(header, 0); err != nil {
		return err
	}
	if _, err := f.WriteAt(directory, 4*sector); err != nil {
		return err
	}
	return f.Truncate(int64(free) * sector)
}
