// SPDX-License-Identifier: BSD-3-Clause

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/altinn/serviceowner-operator/test/sandbox"
)

// Where things stand in Altinn's Resource Registry.
const (
	resources   = "/resourceregistry/api/v1/resource/"
	accessLists = "/resourceregistry/api/v1/access-lists/"
)

// afterOutage is how long it may take until all is mended after an outage: the operator leaves a system
// that fails alone for half a minute, and tries it with one call then.
const afterOutage = 2 * time.Minute

// registered is what the registry shows of a resource; nil when it has none of the identifier.
func registered(ctx context.Context, identifier string) *sandbox.ServiceResource {
	GinkgoHelper()
	status, answer := ask(ctx, http.MethodGet, resources+identifier, "", nil)
	if status == http.StatusNotFound {
		return nil
	}
	Expect(status).To(Equal(http.StatusOK), string(answer))
	var shown sandbox.ServiceResource
	Expect(json.Unmarshal(answer, &shown)).To(Succeed())
	return &shown
}

// policyOf is the policy that the registry gives for a resource; empty when there is none.
func policyOf(ctx context.Context, identifier string) string {
	GinkgoHelper()
	status, answer := ask(ctx, http.MethodGet, resources+identifier+"/policy", "", nil)
	if status == http.StatusNotFound {
		return ""
	}
	Expect(status).To(Equal(http.StatusOK), string(answer))
	return string(answer)
}

// mayAsk are the organisations on an access list, as its owner is shown them; nil when there is no list.
func mayAsk(ctx context.Context, code, list string) []string {
	GinkgoHelper()
	status, answer := ask(ctx, http.MethodPost, "/sandbox/token", "", map[string]string{
		"organisation": sandbox.SkatteetatenNumber, "scope": "altinn:resourceregistry/accesslist.read",
	})
	Expect(status).To(Equal(http.StatusOK), string(answer))
	var minted struct{ Token string }
	Expect(json.Unmarshal(answer, &minted)).To(Succeed())
	status, answer = ask(ctx, http.MethodGet, accessLists+code+"/"+list+"/members", minted.Token, nil)
	if status == http.StatusNotFound {
		return nil
	}
	Expect(status).To(Equal(http.StatusOK), string(answer))
	var page struct {
		Data []struct {
			Identifiers map[string]any
		}
	}
	Expect(json.Unmarshal(answer, &page)).To(Succeed())
	numbers := []string{}
	for _, member := range page.Data {
		number, _ := member.Identifiers["urn:altinn:organization:identifier-no"].(string)
		numbers = append(numbers, number)
	}
	return numbers
}

// drift changes what is registered, as somebody in a portal would.
func drift(ctx context.Context, identifier string, fields map[string]any) {
	GinkgoHelper()
	status, answer := ask(ctx, http.MethodPatch, "/sandbox/resources/"+identifier, "", fields)
	Expect(status).To(Equal(http.StatusOK), string(answer))
}

// losePolicy removes a policy, as nobody can who uses the registry alone.
func losePolicy(ctx context.Context, identifier string) {
	GinkgoHelper()
	status, answer := ask(ctx, http.MethodPut, "/sandbox/resources/"+identifier+"/policy", "", nil)
	Expect(status).To(Equal(http.StatusNoContent), string(answer))
}

// ask makes a call as anybody could, and reads the whole answer.
func ask(ctx context.Context, method, path, token string, body any) (int, []byte) {
	GinkgoHelper()
	var sent []byte
	if body != nil {
		var err error
		sent, err = json.Marshal(body)
		Expect(err).NotTo(HaveOccurred())
	}
	request, err := http.NewRequestWithContext(ctx, method, outside.BaseURL+path, bytes.NewReader(sent))
	Expect(err).NotTo(HaveOccurred())
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(request)
	Expect(err).NotTo(HaveOccurred())
	defer response.Body.Close() //nolint:errcheck // it has been read
	answer, err := io.ReadAll(response.Body)
	Expect(err).NotTo(HaveOccurred())
	return response.StatusCode, answer
}

// callsOutside counts all calls that were made to Altinn and Maskinporten.
func callsOutside() int {
	sum := 0
	for _, count := range outside.Sandbox.Counts() {
		sum += count
	}
	return sum
}

// lately are the last calls to Altinn and Maskinporten, in words.
func lately() string {
	calls := outside.Sandbox.Requests()
	var text strings.Builder
	for _, call := range calls[max(0, len(calls)-20):] {
		fmt.Fprintf(&text, "%s %s %s %d\n", call.Time.Format(time.TimeOnly), call.Method, call.Path, call.Status)
	}
	return text.String()
}

// stepsTaken counts what was written of a consent: the resource, its policy, and the list with all of its own.
func stepsTaken(ctx context.Context, identifier string) int {
	GinkgoHelper()
	count := 0
	if registered(ctx, identifier) != nil {
		count++
	}
	for _, call := range outside.Sandbox.Requests() {
		if call.Method != http.MethodGet && strings.Contains(call.Path, "/"+identifier) {
			count++
		}
	}
	return count
}

// breakRegistry makes every call to the registry fail until the returned function is called, or the spec
// or container ends that it was broken in.
func breakRegistry() (mend func()) {
	GinkgoHelper()
	Expect(outside.Sandbox.SetFaults(sandbox.Fault{
		Path: "^/resourceregistry/", Kind: sandbox.FaultStatus, Status: http.StatusServiceUnavailable,
	})).To(Succeed())
	mend = func() { Expect(outside.Sandbox.SetFaults()).To(Succeed()) }
	DeferCleanup(mend)
	return mend
}
