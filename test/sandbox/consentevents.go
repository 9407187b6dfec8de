// SPDX-License-Identifier: BSD-3-Clause

package sandbox

import (
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// eventDelay keeps the youngest events back, so that none slips in before one that was handed out (Altinn consent).
const eventDelay = 5 * time.Minute

func (s *Server) consentsInOrder() []*storedConsent {
	return slices.SortedFunc(maps.Values(s.state.Consents), func(a, b *storedConsent) int {
		return cmp.Compare(a.Events[0].ID, b.Events[0].ID)
	})
}

// consentEvents is an enterprise's feed, oldest first, a hundred at a time (Altinn consent).
func (s *Server) consentEvents(c *call) reply {
	query, refusal := readEventQuery(c.URL.Query())
	if refusal != nil {
		return *refusal
	}
	type change struct {
		ID          string    `json:"consentRequestId"`
		EventType   string    `json:"eventType"`
		ChangedDate time.Time `json:"changedDate"`
		event       string
	}
	page := paginated[change]{Data: []change{}}
	for _, stored := range s.consentsInOrder() {
		for _, event := range stored.Events {
			if stored.To == c.token.consumer() && query.takes(event) && event.Created.Before(c.now.Add(-eventDelay)) {
				page.Data = append(page.Data, change{stored.ID, event.Type, event.Created, event.ID})
			}
		}
	}
	slices.SortFunc(page.Data, func(a, b change) int { return cmp.Compare(a.event, b.event) })
	if len(page.Data) >= entryPage {
		page.Data = page.Data[:entryPage]
		raw, _ := hex.DecodeString(strings.ReplaceAll(page.Data[entryPage-1].event, "-", ""))
		next := c.URL.Query()
		next.Set("continuationToken", base64.StdEncoding.EncodeToString(raw))
		page.Links.Next = c.base + enterpriseBase + "/events?" + next.Encode()
	}
	return jsonReply(http.StatusOK, page)
}

// eventQuery narrows the feed.
type eventQuery struct {
	types         []string
	request       string
	after, before time.Time
	continueFrom  string
}

func readEventQuery(query url.Values) (eventQuery, *reply) {
	read := eventQuery{types: query["eventType"], request: strings.ToLower(query.Get("consentRequestId"))}
	for name, into := range map[string]*time.Time{"createdAfter": &read.after, "createdBefore": &read.before} {
		text := query.Get(name)
		if text == "" {
			continue
		}
		var err error
		if *into, err = time.Parse(time.RFC3339Nano, text); err != nil {
			refusal := modelError(name, "The value '"+text+"' is not valid.")
			return read, &refusal
		}
	}
	var errors []validationError
	if !read.after.IsZero() && !read.before.IsZero() && !read.after.Before(read.before) {
		errors = append(errors, amInvalid(51, "Invalid date range", "$QUERY/createdAfter").ValidationErrors...)
	}
	allowed := []string{consentRejected, consentAccepted, consentRevoked, "deleted", consentUsed}
	for i, kind := range read.types {
		read.types[i] = strings.ToLower(kind)
		if !slices.Contains(allowed, read.types[i]) {
			errors = append(errors, amInvalid(52, "Invalid event type", "$QUERY/eventType").ValidationErrors...)
			break
		}
	}
	var ok bool
	if read.continueFrom, ok = readContinuation(query.Get("continuationToken")); !ok {
		errors = append(errors, amInvalid(53, "Invalid continuation token", "$QUERY/continuationToken").ValidationErrors...)
	}
	if len(errors) > 0 {
		refusal := invalid(errors...).reply()
		return read, &refusal
	}
	return read, nil
}

// readContinuation reads the id of the last event that was seen.
func readContinuation(token string) (string, bool) {
	if token == "" {
		return "", true
	}
	raw, err := base64.StdEncoding.DecodeString(token)
	if err != nil || len(raw) != 16 {
		return "", false
	}
	text := hex.EncodeToString(raw)
	return strings.Join([]string{text[:8], text[8:12], text[12:16], text[16:20], text[20:]}, "-"), true
}

func (q eventQuery) takes(event consentEvent) bool {
	return (len(q.types) == 0 || slices.Contains(q.types, event.Type)) &&
		(q.request == "" || q.request == event.Request) &&
		(q.after.IsZero() || !event.Created.Before(q.after)) &&
		(q.before.IsZero() || event.Created.Before(q.before)) &&
		event.ID > q.continueFrom
}
