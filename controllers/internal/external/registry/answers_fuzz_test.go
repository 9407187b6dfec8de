// SPDX-License-Identifier: BSD-3-Clause

package registry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	clocktesting "k8s.io/utils/clock/testing"

	"github.com/altinn/serviceowner-operator/controllers/internal/external"
	"github.com/altinn/serviceowner-operator/controllers/internal/external/registry"
)

// answering gives the same answer to every request, of which it remembers the hosts.
type answering struct {
	status int
	header http.Header
	body   []byte
	asked  int
	hosts  map[string]bool
}

func (a *answering) RoundTrip(request *http.Request) (*http.Response, error) {
	a.asked++
	a.hosts[request.URL.Host] = true
	return &http.Response{
		StatusCode: a.status, Header: a.header.Clone(), Body: io.NopCloser(bytes.NewReader(a.body)),
		ContentLength: int64(len(a.body)), Request: request, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}, nil
}

// Whatever the registry answers, there is a whole value of what was asked for, or an error of a kind that says what to do;
// nothing is asked of anybody else, whatever links it holds; and a list that did not come is not taken for an empty one.
func FuzzAnswers(f *testing.F) {
	for _, seed := range []struct {
		status           int
		kind, etag, body string
	}{
		{200, "application/json", `"1"`, `{"identifier":"skd-income-consent","hasCompetentAuthority":{"organization":"974761076","orgcode":"SKD"},"versionId":7}`},
		{200, "application/json", `"1"`, `{"links":{"next":"https://elsewhere.example/x?token=abc"},"data":[{"id":"a","identifiers":{"urn:altinn:organization:identifier-no":"974761076"}}]}`},
		{200, "application/json", `W/"1"`, `{"data":[]}`}, {200, "application/json", "", `{"data":[]}`}, {200, "application/json", `"1"`, `{}`}, {200, "application/json", `"1"`, `null`},
		{200, "text/xml", "", "<Policy/>"}, {200, "application/octet-stream", "", " \n"}, {404, "application/problem+json", "", `{"title":"Not Found"}`},
		{404, "text/plain", "", "Unable to find policy"}, {412, "application/problem+json", "", "{}"}, {500, "", "", ""}, {200, "text/html", "", "<!doctype html>"}, {204, "", "", ""},
	} {
		f.Add(seed.status, seed.kind, seed.etag, []byte(seed.body))
	}
	f.Fuzz(func(t *testing.T, status int, kind, etag string, body []byte) {
		if status < 200 || status > 599 {
			return
		}
		wire := &answering{status: status, header: http.Header{"Content-Type": {kind}, "Etag": {etag}}, body: body, hosts: map[string]bool{}}
		config := external.Defaults("registry", hurried{clocktesting.NewFakeClock(time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC))})
		config.Budget, config.RoundTripper = external.Budget{PerSecond: 1e6, Burst: 1e6}, wire
		config.Breaker.Failures = 1e6
		calls, err := external.New(config)
		if err != nil {
			t.Fatal(err)
		}
		client, err := registry.New("https://platform.example", calls, always{})
		if err != nil {
			t.Fatal(err)
		}
		ctx := t.Context()
		resource, err := client.Get(ctx, id)
		typed(t, err, resource != nil && resource.Identifier == id)
		policy, err := client.Policy(ctx, id)
		typed(t, err, len(bytes.TrimSpace(policy)) > 0)
		if holdsAList(body) || status != http.StatusOK {
			checkLists(ctx, t, client)
		} else if roster, err := client.Members(ctx, listKey); err == nil {
			t.Fatalf("%q is taken for a list of %d", body, len(roster.Members))
		}
		if len(wire.hosts) != 1 || !wire.hosts["platform.example"] {
			t.Fatalf("%v were asked", wire.hosts)
		}
	})
}

// holdsAList says whether a body has a list of data.
func holdsAList(body []byte) bool {
	var read struct{ Data []json.RawMessage }
	return json.Unmarshal(body, &read) == nil && read.Data != nil
}

func checkLists(ctx context.Context, t *testing.T, client *registry.Client) {
	t.Helper()
	roster, err := client.Members(ctx, listKey)
	typed(t, err, roster != nil && roster.Version != registry.Absent)
	connections, version, err := client.Connections(ctx, listKey)
	typed(t, err, version != registry.Absent && (connections != nil || err == nil))
}

// typed wants a value or an error of a kind, and never both nor neither.
func typed(t *testing.T, err error, whole bool) {
	t.Helper()
	if err == nil {
		if !whole {
			t.Fatal("there is neither a value nor an error")
		}
		return
	}
	_, refused := errors.AsType[*external.Refused](err)
	if !refused && !external.IsTryLater(err) && !external.IsNotFound(err) && !external.IsConflict(err) {
		t.Fatalf("an error of no kind: %v", err)
	}
	if strings.Contains(err.Error(), "canary-token") || strings.Contains(err.Error(), "\n") {
		t.Fatalf("%q is told", err)
	}
}

// A resource that came, sent back, is the same resource; and no two owners are each other's where one is not the other's.
func FuzzResource(f *testing.F) {
	for _, seed := range []string{
		`{"identifier":"x","title":{"nb":"a"},"delegable":true,"hasCompetentAuthority":{"organization":" 974761076 ","orgcode":"SKD"}}`,
		`{"identifier":"x","availableForType":["b","a"],"contactPoints":null,"accessListMode":"Enabled","consentMetadata":{"a":{"optional":true}}}`,
		`{"hasCompetentAuthority":{"orgcode":"ttd"}}`, `{}`, `null`, `{"versionId":9223372036854775807}`,
	} {
		f.Add([]byte(seed), []byte(`{"hasCompetentAuthority":{"organization":"974761076","orgcode":"skd"}}`))
	}
	f.Fuzz(func(t *testing.T, one, other []byte) {
		var a, b registry.ServiceResource
		if json.Unmarshal(one, &a) != nil || json.Unmarshal(other, &b) != nil {
			return
		}
		written, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		var again registry.ServiceResource
		if err := json.Unmarshal(written, &again); err != nil || !registry.Same(&a, &again) {
			t.Fatalf("written and read it is another resource, error %v:\n%s", err, written)
		}
		if registry.Same(&a, &b) != registry.Same(&b, &a) {
			t.Fatal("one is the same as the other, and not the other way round")
		}
		mine, theirs := registry.OwnerOf(&a), registry.OwnerOf(&b)
		if mine.Is(theirs) != theirs.Is(mine) {
			t.Fatalf("%+v and %+v", mine, theirs)
		}
		if mine.Is(theirs) && (mine.Number != theirs.Number || mine == registry.Owner{}) {
			t.Fatalf("%+v is taken for %+v", mine, theirs)
		}
	})
}
