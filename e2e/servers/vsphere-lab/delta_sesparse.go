package main

import (
	"encoding/binary"
	"os"
)

// writeSeSparse writes a seSparse extent (VMFS6's delta), as far as the format is known from QEMU's reader: 64-bit numbers
// in sectors, grains of 8 sectors, tables of 4096 entries. A directory entry is 0 or 1<<28<<32 with the table's number; a
// table entry has its kind in the top four bits (0 in the parent, 2 zeros, 3 data) and the grain's number with its low
// twelve bits above bit 48 and the others from bit 0.
//
//	sector 0 constant header, 1 volatile header, 2 journal header, 4 journal, 64 directory, tables, bitmap, back map, grains
func writeSeSparse(out, upper, lower string, capacity int64) error {
	const sector, entries, grainSectors, tableSectors = 512, 4096, 8, 64
	const directoryAt = 64
	f, err := os.OpenFile(out, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	grainCount := (capacity + grainSectors*sector - 1) / (grainSectors * sector)
	tables := (grainCount + entries - 1) / entries
	directorySectors := up((tables*8+sector-1)/sector, tableSectors)
	tablesAt := directoryAt + directorySectors
	bitmapAt := tablesAt + tables*tableSectors
	bitmapSectors := up((grainCount/8+sector)/sector, 8)
	backmapAt := bitmapAt + bitmapSectors
	backmapSectors := up((grainCount*8+sector-1)/sector, 8)
	grainsAt := backmapAt + backmapSectors
	directory := make([]byte, directorySectors*sector)
	byTable := map[int64][]byte{}
	var usedTables, usedGrains int64
	tableNumber := map[int64]int64{}
	err = grains(upper, lower, grainSectors*sector, capacity, func(index int64, data []byte) error {
		t := index / entries
		if byTable[t] == nil {
			byTable[t] = make([]byte, entries*8)
			tableNumber[t] = usedTables
			binary.LittleEndian.PutUint64(directory[t*8:], 1<<60|uint64(usedTables))
			usedTables++
		}
		entry := byTable[t][index%entries*8:]
		if isZero(data) {
			binary.LittleEndian.PutUint64(entry, 2<<60)
			return nil
		}
		n := uint64(usedGrains)
		binary.LittleEndian.PutUint64(entry, 3<<60|(n&0xfff)<<48|n>>12)
		_, err := f.WriteAt(data, (grainsAt+usedGrains*grainSectors)*sector)
		usedGrains++
		return err
	})
	if err != nil {
		return err
	}
	for t, table := range byTable {
		if _, err := f.WriteAt(table, (tablesAt+tableNumber[t]*tableSectors)*sector); err != nil {
			return err
		}
	}
	header := make([]byte, sector)
	for i, v := range []int64{
		0xcafebabe, 0x0000000200000001, capacity / sector, grainSectors, tableSectors, 0, 0, 0, 0, 0,
		1, 1, 2, 2, 4, directoryAt - 4, directoryAt, directorySectors, tablesAt, tables * tableSectors, bitmapAt, bitmapSectors,
		backmapAt, backmapSectors, grainsAt, usedGrains * grainSectors,
	} {
		binary.LittleEndian.PutUint64(header[8*i:], uint64(v))
	}
	volatile := make([]byte, sector)
	binary.LittleEndian.PutUint64(volatile, 0xcafecafe)
	binary.LittleEndian.PutUint64(volatile[8:], uint64(usedTables))
	for at, bytes := range map[int64][]byte{0: header, 1: volatile, directoryAt: directory} {
		if _, err := f.WriteAt(bytes, at*sector); err != nil {
			return err
		}
	}
	return f.Truncate((grainsAt + usedGrains*grainSectors) * sector)
}

func up(n, step int64) int64 { return (n + step - 1) / step * step }

func isZero(data []byte) bool {
	for _, b := range data {
		if b != 0 {
			return false
		}
	}
	return true
}
