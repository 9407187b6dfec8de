// SPDX-License-Identifier: BSD-3-Clause

package scrape

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clocktesting "k8s.io/utils/clock/testing"
)

// cluster answers as an API server would: it knows the tokens it has a user for, and lets in those it says.
type cluster struct {
	users   map[string]authenticationv1.UserInfo
	lets    map[string]bool
	down    error
	reviews int
	asked   []authorizationv1.SubjectAccessReviewSpec
}

type tokens struct{ *cluster }

func (c tokens) Create(_ context.Context, review *authenticationv1.TokenReview, _ metav1.CreateOptions) (*authenticationv1.TokenReview, error) {
	c.reviews++
	if c.down != nil {
		return nil, c.down
	}
	user, known := c.users[review.Spec.Token]
	review.Status = authenticationv1.TokenReviewStatus{Authenticated: known, User: user}
	return review, nil
}

type rights struct{ *cluster }

func (c rights) Create(_ context.Context, review *authorizationv1.SubjectAccessReview, _ metav1.CreateOptions) (*authorizationv1.SubjectAccessReview, error) {
	c.asked = append(c.asked, review.Spec)
	review.Status.Allowed = c.lets[review.Spec.User]
	return review, nil
}

// stage is a gate before a handler that says who came in.
func stage(t *testing.T) (*cluster, *clocktesting.FakePassiveClock, func(method string, headers ...string) *httptest.ResponseRecorder) {
	t.Helper()
	answers := &cluster{
		users: map[string]authenticationv1.UserInfo{
			"good": {Username: "reader", UID: "1", Groups: []string{"readers"}, Extra: map[string]authenticationv1.ExtraValue{"pod": {"a"}}},
			"poor": {Username: "stranger"},
		},
		lets: map[string]bool{"reader": true},
	}
	clock := clocktesting.NewFakePassiveClock(time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC))
	inside := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "in") })
	handler, err := newGate(tokens{answers}, rights{answers}, clock).around(logr.Discard(), inside)
	if err != nil {
		t.Fatal(err)
	}
	return answers, clock, func(method string, headers ...string) *httptest.ResponseRecorder {
		request := httptest.NewRequestWithContext(t.Context(), method, "/metrics", http.NoBody)
		for _, header := range headers {
			request.Header.Add("Authorization", header)
		}
		response := httptest.NewRecorder()
		handler.ServeHTTP(response, request)
		return response
	}
}

func TestWhoIsLetIn(t *testing.T) {
	for name, tc := range map[string]struct {
		method  string
		headers []string
		status  int
		reviews int
	}{
		"who may":                                {http.MethodGet, []string{"Bearer good"}, http.StatusOK, 1},
		"who may, in small letters":              {http.MethodGet, []string{"bearer good"}, http.StatusOK, 1},
		"who may, and only asks for headers":     {http.MethodHead, []string{"Bearer good"}, http.StatusOK, 1},
		"who may not":                            {http.MethodGet, []string{"Bearer poor"}, http.StatusForbidden, 1},
		"whom nobody knows":                      {http.MethodGet, []string{"Bearer what"}, http.StatusUnauthorized, 1},
		"nobody":                                 {http.MethodGet, nil, http.StatusUnauthorized, 0},
		"an empty token":                         {http.MethodGet, []string{"Bearer "}, http.StatusUnauthorized, 0},
		"a token without a scheme":               {http.MethodGet, []string{"good"}, http.StatusUnauthorized, 0},
		"another scheme":                         {http.MethodGet, []string{"Basic good"}, http.StatusUnauthorized, 0},
		"two tokens in one header":               {http.MethodGet, []string{"Bearer good poor"}, http.StatusUnauthorized, 0},
		"two headers, of which one is good":      {http.MethodGet, []string{"Bearer what", "Bearer good"}, http.StatusUnauthorized, 0},
		"a write, though by somebody who may":    {http.MethodPost, []string{"Bearer good"}, http.StatusMethodNotAllowed, 0},
		"a method of nobody's, though by a good": {"TRACE", []string{"Bearer good"}, http.StatusMethodNotAllowed, 0},
	} {
		t.Run(name, func(t *testing.T) {
			answers, _, ask := stage(t)
			response := ask(tc.method, tc.headers...)
			if response.Code != tc.status || answers.reviews != tc.reviews || (response.Body.String() == "in") != (tc.status == http.StatusOK) {
				t.Errorf("%d %q after %d questions, want %d after %d", response.Code, response.Body, answers.reviews, tc.status, tc.reviews)
			}
			if told := response.Header().Get("WWW-Authenticate"); (told != "") != (tc.status == http.StatusUnauthorized) {
				t.Errorf("WWW-Authenticate %q with %d", told, response.Code)
			}
		})
	}
}

func TestTheRightIsAskedForWithAllThatIsKnownOfTheUser(t *testing.T) {
	answers, _, ask := stage(t)
	ask(http.MethodGet, "Bearer good")
	want := []authorizationv1.SubjectAccessReviewSpec{{
		User: "reader", UID: "1", Groups: []string{"readers"}, Extra: map[string]authorizationv1.ExtraValue{"pod": {"a"}},
		NonResourceAttributes: &authorizationv1.NonResourceAttributes{Path: "/metrics", Verb: "get"},
	}}
	if diff := cmp.Diff(want, answers.asked); diff != "" {
		t.Error(diff)
	}
}

func TestWhoWasLetInIsLetInForAMinute(t *testing.T) {
	answers, clock, ask := stage(t)
	start := clock.Now()
	for _, step := range []struct {
		after   time.Duration
		down    error
		status  int
		reviews int
	}{
		{0, nil, http.StatusOK, 1},
		{time.Second, nil, http.StatusOK, 1},
		{59 * time.Second, errors.New("away"), http.StatusOK, 1}, // an API server that is away takes nobody's metrics away at once
		{60 * time.Second, errors.New("away"), http.StatusServiceUnavailable, 2},
		{61 * time.Second, nil, http.StatusOK, 3},
	} {
		clock.SetTime(start.Add(step.after))
		answers.down = step.down
		if response := ask(http.MethodGet, "Bearer good"); response.Code != step.status || answers.reviews != step.reviews {
			t.Errorf("after %s: %d after %d questions, want %d after %d", step.after, response.Code, answers.reviews, step.status, step.reviews)
		}
	}
}

func TestARightThatIsTakenAwayEndsWithinAMinute(t *testing.T) {
	answers, clock, ask := stage(t)
	ask(http.MethodGet, "Bearer good")
	answers.lets["reader"] = false
	clock.SetTime(clock.Now().Add(trust))
	if response := ask(http.MethodGet, "Bearer good"); response.Code != http.StatusForbidden {
		t.Errorf("%d", response.Code)
	}
}

// A flood of bad tokens neither floods the API server nor keeps out who is known.
func TestAFloodOfBadTokens(t *testing.T) {
	answers, clock, ask := stage(t)
	ask(http.MethodGet, "Bearer good")
	statuses := map[int]int{}
	for n := range 1000 {
		statuses[ask(http.MethodGet, fmt.Sprintf("Bearer bad%d", n)).Code]++
	}
	want := map[int]int{http.StatusUnauthorized: burst - 1, http.StatusTooManyRequests: 1000 - burst + 1}
	if diff := cmp.Diff(want, statuses); diff != "" {
		t.Error(diff)
	}
	if answers.reviews != burst {
		t.Errorf("the API server was asked %d times", answers.reviews)
	}
	if response := ask(http.MethodGet, "Bearer good"); response.Code != http.StatusOK {
		t.Errorf("who is known got %d", response.Code)
	}
	clock.SetTime(clock.Now().Add(time.Second))
	if response := ask(http.MethodGet, "Bearer poor"); response.Code != http.StatusForbidden {
		t.Errorf("a second later somebody got %d", response.Code)
	}
}

func TestOnlySoManyAreRemembered(t *testing.T) {
	answers, clock, ask := stage(t)
	for n := range 3 * remembered {
		token := fmt.Sprintf("good%d", n)
		answers.users[token] = answers.users["good"]
		clock.SetTime(clock.Now().Add(time.Second))
		if response := ask(http.MethodGet, "Bearer "+token); response.Code != http.StatusOK {
			t.Fatalf("%s got %d", token, response.Code)
		}
	}
	known := newGate(nil, nil, clock)
	for n := range 3 * remembered {
		known.remember(visit{path: fmt.Sprint(n)})
		if len(known.known) > remembered {
			t.Fatalf("%d are remembered", len(known.known))
		}
	}
	if !known.knows(visit{path: fmt.Sprint(3*remembered - 1)}) {
		t.Error("the last one is forgotten")
	}
}
