// SPDX-License-Identifier: BSD-3-Clause

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	. "github.com/onsi/gomega"
)

// request is what the API server writes down of a request of the operator.
type request struct {
	Verb      string `json:"verb"`
	ObjectRef struct {
		Resource, Subresource, Namespace, Name string
	} `json:"objectRef"`
	ResponseStatus struct {
		Code int `json:"code"`
	} `json:"responseStatus"`
}

func (r request) String() string {
	return fmt.Sprintf("%s %s/%s %s/%s %d", r.Verb, r.ObjectRef.Resource, r.ObjectRef.Subresource, r.ObjectRef.Namespace, r.ObjectRef.Name, r.ResponseStatus.Code)
}

func (r request) isWrite() bool {
	return slices.Contains([]string{"create", "update", "patch", "delete", "deletecollection"}, r.Verb)
}

// isRead leaves out watches: they stand, and are not asked again and again.
func (r request) isRead() bool { return r.Verb == "get" || r.Verb == "list" }

// mark is a place in the audit log: the end of its last whole line. The API server may be writing
// the next one.
func mark() int64 {
	return int64(bytes.LastIndexByte(tail(0), '\n') + 1)
}

// tail reads what stands in the audit log after a place.
func tail(start int64) []byte {
	log, err := os.Open(auditLog())
	Expect(err).NotTo(HaveOccurred())
	defer func() { _ = log.Close() }()
	_, err = log.Seek(start, io.SeekStart)
	Expect(err).NotTo(HaveOccurred())
	written, err := io.ReadAll(log)
	Expect(err).NotTo(HaveOccurred())
	return written
}

func auditLog() string { return filepath.Join(plane.Dir, "audit.log") }

// requestsSince reads the operator's requests after a mark.
func requestsSince(mark int64) []request {
	written := tail(mark)
	whole := written[:bytes.LastIndexByte(written, '\n')+1]
	var requests []request
	for line := range bytes.Lines(whole) {
		var r request
		Expect(json.Unmarshal(line, &r)).To(Succeed(), string(line))
		requests = append(requests, r)
	}
	return requests
}

// writes picks the writes.
func writes(requests []request) []request {
	return slices.DeleteFunc(slices.Clone(requests), func(r request) bool { return !r.isWrite() })
}

// patched picks the patches of a kind that were taken.
func patched(requests []request, resource string) []request {
	return slices.DeleteFunc(slices.Clone(requests), func(r request) bool {
		return r.Verb != "patch" || r.ObjectRef.Resource != resource || r.ResponseStatus.Code != http.StatusOK
	})
}

// created picks the objects of a kind that were made.
func created(requests []request, resource string) []request {
	return slices.DeleteFunc(slices.Clone(requests), func(r request) bool {
		return r.Verb != "create" || r.ObjectRef.Resource != resource || r.ResponseStatus.Code != http.StatusCreated
	})
}

// reads picks the reads.
func reads(requests []request) []request {
	return slices.DeleteFunc(slices.Clone(requests), func(r request) bool { return !r.isRead() })
}

// tally counts requests by what was done to what, the most frequent first.
func tally(requests []request) string {
	counts := map[string]int{}
	for _, r := range requests {
		counts[fmt.Sprintf("%s %s/%s %d", r.Verb, r.ObjectRef.Resource, r.ObjectRef.Subresource, r.ResponseStatus.Code)]++
	}
	kinds := slices.SortedFunc(maps.Keys(counts), func(a, b string) int { return counts[b] - counts[a] })
	var text strings.Builder
	for _, kind := range kinds {
		fmt.Fprintf(&text, "%5d %s\n", counts[kind], kind)
	}
	return text.String()
}
