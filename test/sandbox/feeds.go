// SPDX-License-Identifier: BSD-3-Clause

package sandbox

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// paginated is how both registries give lists: data, and where the next page is.
type paginated[T any] struct {
	Links pageLinks `json:"links"`
	Data  []T       `json:"data"`
}

type pageLinks struct {
	Next string `json:"next,omitempty"`
}

// subjectRow says since when a resource's policy has a subject, or no longer has it.
type subjectRow struct {
	Type      string    `json:"type"`
	Value     string    `json:"value"`
	UpdatedAt time.Time `json:"updatedAt"`
	Deleted   bool      `json:"deleted,omitempty"`
}

// setSubjects marks what is gone and adds what is new; what stays keeps its time.
func (s *Server) setSubjects(id string, read *policy, now time.Time) {
	rows := s.state.Subjects[id]
	if rows == nil {
		rows = map[string]*subjectRow{}
		s.state.Subjects[id] = rows
	}
	wanted := map[string]bool{}
	for _, subject := range read.subjects() {
		wanted[subject.URN] = true
		if row := rows[subject.URN]; row == nil || row.Deleted {
			rows[subject.URN] = &subjectRow{Type: subject.Type, Value: subject.Value, UpdatedAt: now}
		}
	}
	for urn, row := range rows {
		if !wanted[urn] && !row.Deleted {
			row.Deleted, row.UpdatedAt = true, now
		}
	}
}

func (s *Server) policySubjects(c *call) reply {
	id := c.PathValue("id")
	stored := s.state.Resources[id]
	if reload, _ := strconv.ParseBool(c.URL.Query().Get("reloadFromXacml")); reload && stored.current() != nil {
		read, err := parsePolicy(stored.Policy)
		if err != nil {
			return problemReply(http.StatusInternalServerError, "")
		}
		s.setSubjects(id, read, c.now)
		s.changed()
	}
	page := paginated[attributeValue]{}
	for _, urn := range slices.Sorted(maps.Keys(s.state.Subjects[id])) {
		if row := s.state.Subjects[id][urn]; !row.Deleted {
			page.Data = append(page.Data, attributeValue{Type: row.Type, Value: row.Value, URN: urn})
		}
	}
	if len(page.Data) == 0 {
		return problemReply(http.StatusNotFound, "")
	}
	return jsonReply(http.StatusOK, page)
}

// resourcesBySubjects gives the resources whose policies have a subject.
func (s *Server) resourcesBySubjects(c *call) reply {
	var asked []string
	if err := json.Unmarshal(c.body, &asked); err != nil {
		return modelError("$", "The JSON value could not be converted to the expected type.")
	}
	type subjectResources struct {
		Subject   attributeValue   `json:"subject"`
		Resources []attributeValue `json:"resources"`
	}
	page := paginated[subjectResources]{Data: []subjectResources{}}
	for _, urn := range asked {
		found := subjectResources{}
		for _, id := range slices.Sorted(maps.Keys(s.state.Subjects)) {
			if row := s.state.Subjects[id][urn]; row != nil && !row.Deleted {
				found.Subject = attributeValue{Type: row.Type, Value: row.Value, URN: urn}
				found.Resources = append(found.Resources,
					attributeValue{Type: attributeResource, Value: id, URN: attributeResource + ":" + id})
			}
		}
		if len(found.Resources) > 0 {
			page.Data = append(page.Data, found)
		}
	}
	return jsonReply(http.StatusOK, page)
}

// updatedSubject is a row of the feed of subjects, in the order of time, resource, subject.
type updatedSubject struct {
	SubjectURN  string    `json:"subjectUrn"`
	ResourceURN string    `json:"resourceUrn"`
	UpdatedAt   time.Time `json:"updatedAt"`
	Deleted     bool      `json:"deleted"`
}

func (u updatedSubject) compare(other updatedSubject) int {
	return cmp.Or(u.UpdatedAt.Compare(other.UpdatedAt), cmp.Compare(u.ResourceURN, other.ResourceURN),
		cmp.Compare(u.SubjectURN, other.SubjectURN))
}

func (s *Server) updatedSubjects(c *call) reply {
	query := c.URL.Query()
	limit, ok := pageLimit(query)
	if !ok {
		return rrInvalid(8, "Limit must be between 1 and 1000.")
	}
	from := updatedSubject{}
	if since := query.Get("since"); since != "" {
		var err error
		if from.UpdatedAt, err = time.Parse(time.RFC3339Nano, since); err != nil {
			return modelError("since", "The value '"+since+"' is not valid.")
		}
	}
	if token := query.Get("token"); token != "" && !readOpaque(token, &from) {
		return modelError("token", "The value '"+token+"' is not valid.")
	}
	rows := []updatedSubject{}
	for id, subjects := range s.state.Subjects {
		for urn, row := range subjects {
			found := updatedSubject{urn, attributeResource + ":" + id, row.UpdatedAt, row.Deleted}
			if found.compare(from) > 0 {
				rows = append(rows, found)
			}
		}
	}
	slices.SortFunc(rows, updatedSubject.compare)
	page := paginated[updatedSubject]{Data: rows}
	if len(rows) > limit {
		page.Data = rows[:limit]
		last := page.Data[limit-1]
		page.Links.Next = c.base + resourceBase + "/updated?" + url.Values{
			"since": {last.UpdatedAt.Format(time.RFC3339Nano)}, "token": {opaque(last)}, "limit": {strconv.Itoa(limit)},
		}.Encode()
	}
	return jsonReply(http.StatusOK, page)
}

// changedResources is the feed of resources that have, or have had, a policy; each stands where it last changed.
func (s *Server) changedResources(c *call) reply {
	query := c.URL.Query()
	limit, ok := pageLimit(query)
	if !ok {
		return rrInvalid(11, "Value outside valid range.", "/$QUERY/limit")
	}
	var after int64
	if token := query.Get("token"); token != "" && !readOpaque(token, &after) {
		return modelError("token", "The value '"+token+"' is not valid.")
	}
	type change struct {
		ResourceID string    `json:"resourceId"`
		ChangedAt  time.Time `json:"changedAt"`
		id         int64
	}
	rows := []change{}
	for id, stored := range s.state.Resources {
		if stored.current() != nil && stored.PolicyUploaded && stored.ChangeID > after {
			rows = append(rows, change{id, stored.ChangedAt, stored.ChangeID})
		}
	}
	slices.SortFunc(rows, func(a, b change) int { return cmp.Compare(a.id, b.id) })
	page := paginated[change]{Data: rows}
	if len(rows) > limit {
		page.Data = rows[:limit]
		page.Links.Next = c.base + resourceBase + "/changes?" +
			url.Values{"token": {opaque(page.Data[limit-1].id)}, "limit": {strconv.Itoa(limit)}}.Encode()
	}
	return jsonReply(http.StatusOK, page)
}

func pageLimit(query url.Values) (int, bool) {
	if !query.Has("limit") {
		return 1000, true
	}
	limit, err := strconv.Atoi(query.Get("limit"))
	return limit, err == nil && limit >= 1 && limit <= 1000
}

// opaque writes a value as callers must not read it: continuation tokens and ETags are JSON in base64 (RR).
func opaque(value any) string {
	data, _ := json.Marshal(value) //nolint:errchkjson // values of our own, which can be written
	return base64.RawURLEncoding.EncodeToString(data)
}

func readOpaque(text string, into any) bool {
	data, err := base64.RawURLEncoding.DecodeString(text)
	return err == nil && json.Unmarshal(data, into) == nil
}
