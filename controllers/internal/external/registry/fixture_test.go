// SPDX-License-Identifier: BSD-3-Clause

package registry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"k8s.io/utils/clock"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/altinn/serviceowner-operator/controllers/internal/external"
	"github.com/altinn/serviceowner-operator/controllers/internal/external/registry"
	"github.com/altinn/serviceowner-operator/test/sandbox"
)

const (
	id = "skd-income-consent"
	// patient is longer than any answer takes, also on a machine with much else to do.
	patient = 20 * time.Second
)

var (
	listKey   = registry.ListKey{Owner: "skd", Identifier: "banks"}
	companies = numbers(sandbox.Companies(250))
)

func numbers(organisations []sandbox.Organisation) []string {
	var read []string
	for _, organisation := range organisations {
		read = append(read, organisation.Number)
	}
	return read
}

// hurried is a clock on which waiting takes no time: whoever waits moves it.
type hurried struct{ *clocktesting.FakeClock }

func (h hurried) NewTimer(wait time.Duration) clock.Timer {
	timer := h.FakeClock.NewTimer(wait)
	h.Step(wait)
	return timer
}

// world is a sandbox, and a client of its registry for skd.
type world struct {
	t      *testing.T
	clock  hurried
	server *sandbox.Server
	url    string
	client *registry.Client
	wire   *wire
}

// wire counts what is sent over HTTP, and may change it.
type wire struct {
	sent   int
	change func(*http.Request)
}

func (c *wire) RoundTrip(request *http.Request) (*http.Response, error) {
	c.sent++
	if c.change != nil {
		c.change(request)
	}
	return http.DefaultTransport.RoundTrip(request)
}

func begin(t *testing.T, changes ...func(*sandbox.Options)) *world {
	t.Helper()
	w := &world{t: t, clock: hurried{clocktesting.NewFakeClock(time.Now())}, wire: &wire{}}
	options := sandbox.Demo()
	options.Clock = w.clock.Now
	options.Organisations = append(options.Organisations, sandbox.Companies(250)...)
	for _, change := range changes {
		change(&options)
	}
	var err error
	if w.server, err = sandbox.New(options); err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(w.server)
	t.Cleanup(web.Close)
	w.url = web.URL
	w.client = w.as(sandbox.SkatteetatenNumber, patient)
	return w
}

// as gives a client of the registry for an organisation.
func (w *world) as(organisation string, timeout time.Duration) *registry.Client {
	w.t.Helper()
	config := external.Defaults("registry", w.clock)
	config.Timeout = timeout
	config.Budget = external.Budget{PerSecond: 1e6, Burst: 1e6}
	config.Breaker.Failures = 1e6
	config.RoundTripper = w.wire
	http, err := external.New(config)
	if err != nil {
		w.t.Fatal(err)
	}
	client, err := registry.New(w.url, http, minted{w, organisation})
	if err != nil {
		w.t.Fatal(err)
	}
	return client
}

// minted gives tokens of the sandbox, without Maskinporten.
type minted struct {
	world        *world
	organisation string
}

func (m minted) For(scopes ...string) external.Bearer {
	return &mint{minted: m, scope: strings.Join(scopes, " ")}
}

type mint struct {
	minted
	scope string
	kept  string
}

func (m *mint) Token(context.Context) (string, error) {
	if m.kept == "" {
		body := fmt.Sprintf(`{"organisation":%q,"scope":%q}`, m.organisation, m.scope)
		var read struct{ Token string }
		m.world.admin(http.MethodPost, "/sandbox/token", body, &read)
		m.kept = read.Token
	}
	return m.kept, nil
}

func (m *mint) Rejected(token string) {
	if m.kept == token {
		m.kept = ""
	}
}

// admin calls the sandbox itself.
func (w *world) admin(method, path, body string, into any) {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), method, w.url+path, bytes.NewBufferString(body))
	if err != nil {
		w.t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close() //nolint:errcheck // it has been read
	if response.StatusCode >= 300 {
		w.t.Fatalf("%s %s: %s", method, path, response.Status)
	}
	if into == nil {
		return
	}
	if err := json.NewDecoder(response.Body).Decode(into); err != nil {
		w.t.Fatal(err)
	}
}

func texts(text string) registry.Texts { return registry.Texts{"nb": text, "nn": text, "en": text} }

// consent is a resource that is right.
func consent(changes ...func(*registry.ServiceResource)) *registry.ServiceResource {
	made := &registry.ServiceResource{
		Identifier: id, ResourceType: registry.TypeConsent, Status: registry.StatusCompleted,
		Title: texts("Inntekt"), Description: texts("Inntekt"), RightDescription: texts("Inntekt"),
		Delegable: true, Visible: true, AccessListMode: registry.AccessListDisabled,
		CompetentAuthority: registry.CompetentAuthority{
			Name: texts("Skatteetaten"), Organization: sandbox.SkatteetatenNumber, Orgcode: "skd",
		},
		AvailableForType: []string{registry.PartyPrivatePerson},
		ConsentTemplate:  "default", ConsentText: texts("Inntekt for {year}"),
		ConsentMetadata: map[string]registry.ConsentField{"year": {}},
	}
	for _, change := range changes {
		change(made)
	}
	return made
}

func titled(title string) func(*registry.ServiceResource) {
	return func(r *registry.ServiceResource) { r.Title = texts(title) }
}

func of(number, code string) func(*registry.ServiceResource) {
	return func(r *registry.ServiceResource) {
		r.CompetentAuthority.Organization, r.CompetentAuthority.Orgcode = number, code
	}
}

// policy is the least that the registry takes: a rule that names a resource, with a level to tell two policies apart.
func policy(resource, level string) []byte {
	match := func(category, attribute, value string) string {
		const text = "http://www.w3.org/2001/XMLSchema#string"
		return `<x:AnyOf><x:AllOf><x:Match MatchId="urn:oasis:names:tc:xacml:3.0:function:string-equal-ignore-case">` +
			`<x:AttributeValue DataType="` + text + `">` + value + `</x:AttributeValue><x:AttributeDesignator AttributeId="` +
			attribute + `" Category="` + category + `" DataType="` + text + `" MustBePresent="false"/></x:Match></x:AllOf></x:AnyOf>`
	}
	return []byte(`<x:Policy xmlns:x="urn:oasis:names:tc:xacml:3.0:core:schema:wd-17" PolicyId="p" Version="1.0"` +
		` RuleCombiningAlgId="urn:oasis:names:tc:xacml:3.0:rule-combining-algorithm:deny-overrides">` +
		`<x:Description>` + level + `</x:Description><x:Target/><x:Rule RuleId="r" Effect="Permit"><x:Target>` +
		match("urn:oasis:names:tc:xacml:1.0:subject-category:access-subject", "urn:altinn:access-list", "skd:banks") +
		match("urn:oasis:names:tc:xacml:3.0:attribute-category:resource", "urn:altinn:resource", resource) +
		match("urn:oasis:names:tc:xacml:3.0:attribute-category:action",
			"urn:oasis:names:tc:xacml:1.0:action:action-id", "requestconsent") +
		`</x:Target></x:Rule></x:Policy>`)
}

// must fails the test on an error.
func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// fault begins a trouble. For latency it makes the client impatient, so that waiting is short and sure.
func (w *world) fault(fault sandbox.Fault) {
	w.t.Helper()
	w.must(w.server.SetFaults(fault))
	if fault.LatencyMillis >= 200 {
		w.client = w.as(sandbox.SkatteetatenNumber, 50*time.Millisecond)
	}
}

// heal ends it, and lets the time pass for which we were asked to wait.
func (w *world) heal() {
	w.t.Helper()
	w.must(w.server.SetFaults())
	w.client = w.as(sandbox.SkatteetatenNumber, patient)
	w.clock.Step(time.Minute)
}

// list makes the access list with members, and gives its roster.
func (w *world) list(members ...string) *registry.Roster {
	w.t.Helper()
	version, err := w.client.PutList(w.t.Context(), listKey, registry.AccessList{Name: "Banker"})
	w.must(err)
	_, err = w.client.ReplaceMembers(w.t.Context(), listKey, &registry.Roster{Version: version}, members)
	w.must(err)
	return w.roster()
}

func (w *world) roster() *registry.Roster {
	w.t.Helper()
	roster, err := w.client.Members(w.t.Context(), listKey)
	w.must(err)
	return roster
}

// kind names what an error is.
func kind(err error) string {
	switch {
	case err == nil:
		return "ok"
	case external.IsNotFound(err):
		return "not found"
	case external.IsConflict(err):
		return "conflict"
	case external.IsRefused(err):
		return "refused"
	case external.IsTryLater(err):
		return "try later"
	}
	return "none of ours: " + err.Error()
}

func (w *world) wantKind(err error, want string) {
	w.t.Helper()
	if got := kind(err); got != want {
		w.t.Errorf("want %s, got %s: %v", want, got, err)
	}
}
