// SPDX-License-Identifier: BSD-3-Clause

package xacml

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// documents gives policies to begin with: those of the goldens, and some that are near one.
func documents(f *testing.F) [][]byte {
	f.Helper()
	files, err := filepath.Glob("testdata/*.xml")
	if err != nil || len(files) == 0 {
		f.Fatalf("no documents to begin with: %v", err)
	}
	all := [][]byte{nil, []byte("<Policy/>"), []byte(`<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><Policy>&a;</Policy>`)}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		all = append(all, raw)
	}
	return all
}

// A policy that is understood is written down only where nothing is wrong with it, and what is written reads back as the
// same, and is written the same again.
func FuzzMarshal(f *testing.F) {
	for _, document := range documents(f) {
		f.Add(document)
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		read, err := Parse(document)
		if err != nil {
			return
		}
		if !Equal(read, read) {
			t.Fatal("a policy is not the same as itself")
		}
		written, err := Marshal(read)
		if faults := Validate(read); (err == nil) != (len(faults) == 0) {
			t.Fatalf("Marshal says %v, and Validate %v", err, faults)
		}
		if err != nil {
			return
		}
		again, err := Parse(written)
		if err != nil {
			t.Fatalf("what was written is not understood: %v\n%s", err, written)
		}
		if !Equal(read, again) || Hash(read) != Hash(again) {
			t.Fatalf("what was written says something else:\n%s", cmp.Diff(read, again))
		}
		if twice, err := Marshal(again); err != nil || string(twice) != string(written) {
			t.Fatalf("it is written in two ways, error %v:\n%s", err, cmp.Diff(string(written), string(twice)))
		}
	})
}

// Two policies are the same if and only if their hashes are, whichever is asked of the other.
func FuzzEqual(f *testing.F) {
	all := documents(f)
	for _, one := range all {
		f.Add(one, all[len(all)-1])
		f.Add(one, one)
	}
	f.Fuzz(func(t *testing.T, one, other []byte) {
		a, err := Parse(one)
		b, also := Parse(other)
		if err != nil || also != nil {
			return
		}
		same := Equal(a, b)
		if same != Equal(b, a) || same != (Hash(a) == Hash(b)) {
			t.Fatalf("same %v, the other way round %v, by hash %v", same, Equal(b, a), Hash(a) == Hash(b))
		}
		if string(one) == string(other) && !same {
			t.Fatal("a document is not the same as itself")
		}
		if len(a.Rules) == 0 != (len(b.Rules) == 0) && same {
			t.Fatal("a policy that permits is taken for one that does not")
		}
	})
}
