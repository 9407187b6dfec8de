// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"k8s.io/client-go/rest"
)

// tally counts requests by what a key says of them.
type tally map[string]int

// minus returns what has been added since before.
func (t tally) minus(before tally) tally {
	added := tally{}
	for key, count := range t {
		if more := count - before[key]; more != 0 {
			added[key] = more
		}
	}
	return added
}

// keys returns the keys in order.
func (t tally) keys() []string { return slices.Sorted(maps.Keys(t)) }

// writes counts requests that change something, by keys that start with an HTTP method.
func (t tally) writes() int { return t.of("POST", "PUT", "PATCH", "DELETE") }

// reads counts requests that do not; new watches are among them.
func (t tally) reads() int { return t.of("GET") }

// refused counts requests that were answered with an error, by keys that end with an HTTP status.
func (t tally) refused() int {
	sum := 0
	for key, count := range t {
		if !strings.HasSuffix(key, " 200") && !strings.HasSuffix(key, " 201") {
			sum += count
		}
	}
	return sum
}

// all counts everything.
func (t tally) all() int {
	sum := 0
	for _, count := range t {
		sum += count
	}
	return sum
}

func (t tally) of(methods ...string) int {
	sum := 0
	for key, count := range t {
		if method, _, _ := strings.Cut(key, " "); slices.Contains(methods, method) {
			sum += count
		}
	}
	return sum
}

// counts are counters as they stand, or what has been added to them.
type counts struct {
	// operator are the operator's requests, server those the API server answered to anybody.
	operator, server tally
	// passes are the operator's over Apps.
	passes int
}

func (c counts) minus(before counts) counts {
	return counts{c.operator.minus(before.operator), c.server.minus(before.server), c.passes - before.passes}
}

// counts reads all counters.
func (st *stage) counts(ctx context.Context) (now counts, err error) {
	if now.operator, err = st.operatorRequests(ctx); err != nil {
		return now, err
	}
	if now.passes, err = st.passes(ctx); err != nil {
		return now, err
	}
	now.server, err = st.serverRequests(ctx)
	return now, err
}

// operatorRequests counts the operator's requests by method and answer, from its own metrics.
func (st *stage) operatorRequests(ctx context.Context) (tally, error) {
	return scrape(ctx, http.DefaultClient, "http://"+st.operator.Metrics+"/metrics", "rest_client_requests_total",
		func(labels map[string]string) string { return labels["method"] + " " + labels["code"] })
}

// The operator's controllers, as its metrics name them.
const ownerController, appController = "serviceowner", "app"

// passes counts the passes over Apps that the operator has made.
func (st *stage) passes(ctx context.Context) (int, error) {
	counted, err := st.passesBy(ctx)
	return counted[appController], err
}

// passesBy counts the passes that the operator has made, by controller.
func (st *stage) passesBy(ctx context.Context) (tally, error) {
	return scrape(ctx, http.DefaultClient, "http://"+st.operator.Metrics+"/metrics", "controller_runtime_reconcile_total",
		func(labels map[string]string) string { return labels["controller"] })
}

// serverRequests counts the requests the API server has answered, to anybody, by verb and resource.
// What it asks itself, and what is not about resources, is left out.
func (st *stage) serverRequests(ctx context.Context) (tally, error) {
	return st.serverAnswers(ctx, func(labels map[string]string) string {
		resource := resourceOf(labels)
		if resource == "" {
			return ""
		}
		return labels["verb"] + " " + resource
	})
}

// serverAnswers counts the requests the API server has answered by a key.
func (st *stage) serverAnswers(ctx context.Context, key func(map[string]string) string) (tally, error) {
	http, err := rest.HTTPClientFor(st.admin)
	if err != nil {
		return nil, err
	}
	return scrape(ctx, http, st.admin.Host+"/metrics", "apiserver_request_total", key)
}

// resourceOf is what a request was for; empty when that is left out.
func resourceOf(labels map[string]string) string {
	resource := labels["resource"]
	if resource == "" || slices.Contains(housekeeping, resource) {
		return ""
	}
	if labels["subresource"] != "" {
		resource += "/" + labels["subresource"]
	}
	return resource
}

// housekeeping are resources that the API server itself sees to.
var housekeeping = []string{"leases", "flowschemas", "prioritylevelconfigurations", "apiservices"}

// scrape reads one counter of a metrics endpoint, summed by the key that its labels are given; an
// empty key leaves a line out.
func scrape(ctx context.Context, from *http.Client, url, counter string, key func(map[string]string) string) (tally, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	response, err := from.Do(request)
	if err != nil {
		return nil, fmt.Errorf("reading metrics: %w", err)
	}
	defer func() { _ = response.Body.Close() }() // only read from
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("reading metrics: %s answered %s", url, response.Status)
	}
	return parseCounter(response.Body, counter, key)
}

var label = regexp.MustCompile(`(\w+)="((?:[^"\\]|\\.)*)"`)

// parseCounter reads one counter from the Prometheus text format.
func parseCounter(text io.Reader, counter string, key func(map[string]string) string) (tally, error) {
	counted := tally{}
	lines := bufio.NewScanner(text)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		rest, found := strings.CutPrefix(lines.Text(), counter)
		if strings.HasPrefix(rest, " ") {
			rest = "{}" + rest // it has no labels
		}
		end := strings.LastIndex(rest, "} ")
		if !found || end < 0 || !strings.HasPrefix(rest, "{") {
			continue
		}
		value, err := strconv.ParseFloat(strings.TrimSpace(rest[end+2:]), 64)
		if err != nil {
			return nil, fmt.Errorf("reading metric %s: %w", counter, err)
		}
		labels := map[string]string{}
		for _, match := range label.FindAllStringSubmatch(rest[:end], -1) {
			labels[match[1]] = match[2]
		}
		if name := key(labels); name != "" {
			counted[name] += int(value)
		}
	}
	return counted, lines.Err()
}
