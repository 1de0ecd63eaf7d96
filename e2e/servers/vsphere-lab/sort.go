package main

import "sort"

// sortEntities orders by a text, shorter ones first, so that host-9 comes before host-10.
func sortEntities[T any](items []T, text func(T) string) {
	sort.Slice(items, func(i, j int) bool {
		a, b := text(items[i]), text(items[j])
		if len(a) != len(b) {
			return len(a) < len(b)
		}
		return a < b
	})
}

func sortInts(items []int64) { sort.Slice(items, func(i, j int) bool { return items[i] < items[j] }) }
