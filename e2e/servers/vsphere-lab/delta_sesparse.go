package main

import "fmt"

func writeSeSparse(out, upper, lower string, capacity int64) error {
	return fmt.Errorf("seSparse is not written yet")
}
