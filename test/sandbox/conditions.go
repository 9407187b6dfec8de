// SPDX-License-Identifier: BSD-3-Clause

package sandbox

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// etag is the version of an access list as its holders see it: weak, and opaque JSON inside (RR).
type etag struct {
	Version string `json:"version"`
}

func writeETag(version uint64) string {
	return `W/"` + opaque(etag{Version: strconv.FormatUint(version, 10)}) + `"`
}

// conditions are the conditional headers of a call. A date counts only where its kind of tag is not given (RR).
type conditions struct {
	read            bool // a GET is answered 304 where a write is refused with 412
	match           *tags
	noneMatch       *tags
	modifiedSince   time.Time
	unmodifiedSince time.Time
}

// tags is a list of versions, or any version.
type tags struct {
	any      bool
	versions []uint64
}

// outcome is what the conditions say of an entity.
type outcome int

const (
	proceed outcome = iota
	unmodified
	failed
)

func readConditions(c *call) (conditions, *reply) {
	read := conditions{read: c.Method == http.MethodGet}
	var refusal *reply
	if read.match, refusal = readTags(c, "If-Match"); refusal != nil {
		return read, refusal
	}
	if read.noneMatch, refusal = readTags(c, "If-None-Match"); refusal != nil {
		return read, refusal
	}
	if read.match == nil {
		read.unmodifiedSince, _ = http.ParseTime(c.Header.Get("If-Unmodified-Since"))
	}
	if read.noneMatch == nil {
		read.modifiedSince, _ = http.ParseTime(c.Header.Get("If-Modified-Since"))
	}
	return read, nil
}

func readTags(c *call, header string) (*tags, *reply) {
	text := strings.TrimSpace(strings.Join(c.Header.Values(header), ","))
	if text == "" {
		return nil, nil
	}
	if text == "*" {
		return &tags{any: true}, nil
	}
	read := &tags{}
	for one := range strings.SplitSeq(text, ",") {
		one = strings.TrimSpace(one)
		inner, weak := strings.CutPrefix(one, "W/")
		var version etag
		if !weak {
			refusal := modelError("conditions", "Invalid "+header+" header. Only weak etags are supported.")
			return nil, &refusal
		}
		number, ok := uint64(0), readOpaque(strings.Trim(inner, `"`), &version)
		if ok {
			var err error
			number, err = strconv.ParseUint(version.Version, 10, 64)
			ok = err == nil
		}
		if !ok {
			refusal := modelError("conditions", "Invalid "+header+" header. Invalid etag.")
			return nil, &refusal
		}
		read.versions = append(read.versions, number)
	}
	return read, nil
}

// allowCreation is false when the caller says that the entity must be there.
func (c conditions) allowCreation() bool { return c.match == nil }

// judge compares the conditions with an entity that exists.
func (c conditions) judge(version uint64, modified time.Time) outcome {
	same := func(t *tags) bool { return t.any || slices.Contains(t.versions, version) }
	modified = modified.Truncate(time.Second)
	if c.match != nil && !same(c.match) {
		return failed
	}
	if !c.unmodifiedSince.IsZero() && modified.After(c.unmodifiedSince) {
		return failed
	}
	known := c.noneMatch != nil && same(c.noneMatch) ||
		!c.modifiedSince.IsZero() && !modified.After(c.modifiedSince)
	switch {
	case known && c.read:
		return unmodified
	case known:
		return failed
	}
	return proceed
}

// guard gives the answer to a call whose conditions do not hold, or nil.
func (c conditions) guard(list *accessList) *reply {
	var refusal reply
	switch c.judge(list.Version, list.UpdatedAt) {
	case failed:
		refusal = emptyReply(http.StatusPreconditionFailed)
	case unmodified:
		refusal = list.tagged(emptyReply(http.StatusNotModified))
	default:
		return nil
	}
	return &refusal
}
