package main

import (
	"net/http"
)

// tagStore will hold tags.
type tagStore struct{ lab *lab }

func newTagStore(l *lab) *tagStore { return &tagStore{lab: l} }

func (t *tagStore) register(*http.ServeMux) {}
