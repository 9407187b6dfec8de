// SPDX-License-Identifier: BSD-3-Clause

package scrape

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"golang.org/x/time/rate"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	authentication "k8s.io/client-go/kubernetes/typed/authentication/v1"
	authorization "k8s.io/client-go/kubernetes/typed/authorization/v1"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
)

const (
	// trust is how long whoever was let in is let in without asking again: a right that is taken away ends by then.
	trust = time.Minute
	// remembered is how many tokens are known at most.
	remembered = 64
	// asked is how often a second the API server is asked at most, and burst how often at once. Tokens that are
	// known need no question, so that a flood of others does not keep monitoring out.
	asked, burst = 5, 20
	// patience is how long the API server may take.
	patience = 10 * time.Second
)

// Filter is what the metrics' server is to ask before it answers. It needs the right to create TokenReviews and
// SubjectAccessReviews.
//
// It answers 401 to a request without a token the API server knows, 403 to one that may not, 405 to one that is no
// read, 429 when too many ask, and 503 when the API server cannot be asked: then nobody is let in who is not known.
func Filter(config *rest.Config, connections *http.Client) (server.Filter, error) {
	tokens, err := authentication.NewForConfigAndClient(config, connections)
	if err != nil {
		return nil, fmt.Errorf("making a client for TokenReviews: %w", err)
	}
	rights, err := authorization.NewForConfigAndClient(config, connections)
	if err != nil {
		return nil, fmt.Errorf("making a client for SubjectAccessReviews: %w", err)
	}
	return newGate(tokens.TokenReviews(), rights.SubjectAccessReviews(), clock.RealClock{}).around, nil
}

// tokenReviews says whose a token is.
type tokenReviews interface {
	Create(ctx context.Context, review *authenticationv1.TokenReview, options metav1.CreateOptions) (*authenticationv1.TokenReview, error)
}

// accessReviews says whether somebody may do something.
type accessReviews interface {
	Create(ctx context.Context, review *authorizationv1.SubjectAccessReview, options metav1.CreateOptions) (*authorizationv1.SubjectAccessReview, error)
}

// gate knows who was let in a while ago.
type gate struct {
	tokens tokenReviews
	rights accessReviews
	clock  clock.PassiveClock
	limit  *rate.Limiter

	mu    sync.Mutex
	known map[visit]time.Time // until when
}

// visit is a token, which is not kept itself, and what it was shown for.
type visit struct {
	token        [sha256.Size]byte
	method, path string
}

func newGate(tokens tokenReviews, rights accessReviews, clock clock.PassiveClock) *gate {
	return &gate{tokens: tokens, rights: rights, clock: clock, limit: rate.NewLimiter(asked, burst), known: map[visit]time.Time{}}
}

// around puts the gate before a handler.
func (g *gate) around(log logr.Logger, inside http.Handler) (http.Handler, error) {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			refuse(w, http.StatusMethodNotAllowed, "metrics are only read")
			return
		}
		token := bearer(r)
		if token == "" {
			refuse(w, http.StatusUnauthorized, "show a token of the cluster: Authorization: Bearer TOKEN")
			return
		}
		at := visit{sha256.Sum256([]byte(token)), r.Method, r.URL.Path}
		if !g.knows(at) {
			status, why := g.ask(r.Context(), log, token, at)
			if status != http.StatusOK {
				refuse(w, status, why)
				return
			}
			g.remember(at)
		}
		inside.ServeHTTP(w, r)
	}), nil
}

func refuse(w http.ResponseWriter, status int, why string) {
	switch status {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", "Bearer")
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "1")
	}
	http.Error(w, why, status)
}

// bearer is the token of a request; empty when there is none, or more than one header that could hold one.
func bearer(r *http.Request) string {
	headers := r.Header.Values("Authorization")
	if len(headers) != 1 {
		return ""
	}
	scheme, token, _ := strings.Cut(headers[0], " ")
	token = strings.TrimSpace(token)
	if !strings.EqualFold(scheme, "Bearer") || strings.ContainsAny(token, " \t") {
		return ""
	}
	return token
}

// ask asks the API server, and gives the answer as an HTTP status with a sentence.
func (g *gate) ask(ctx context.Context, log logr.Logger, token string, at visit) (status int, why string) {
	if !g.limit.AllowN(g.clock.Now(), 1) {
		return http.StatusTooManyRequests, "too many ask who are not known"
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	review, err := g.tokens.Create(ctx, &authenticationv1.TokenReview{Spec: authenticationv1.TokenReviewSpec{Token: token}}, metav1.CreateOptions{})
	if err != nil {
		log.Error(err, "cannot ask whose a token is")
		return http.StatusServiceUnavailable, "the API server cannot be asked whose the token is"
	}
	if !review.Status.Authenticated || review.Status.Error != "" {
		return http.StatusUnauthorized, "the API server does not know the token"
	}
	user := review.Status.User
	access, err := g.rights.Create(ctx, &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User: user.Username, UID: user.UID, Groups: slices.Clone(user.Groups), Extra: extraOf(user),
		NonResourceAttributes: &authorizationv1.NonResourceAttributes{Path: at.path, Verb: strings.ToLower(at.method)},
	}}, metav1.CreateOptions{})
	if err != nil {
		log.Error(err, "cannot ask for a right", "user", user.Username)
		return http.StatusServiceUnavailable, "the API server cannot be asked for the right"
	}
	if !access.Status.Allowed || access.Status.Denied {
		return http.StatusForbidden, fmt.Sprintf("%s may not %s %s: it needs the ClusterRole serviceowner-operator-metrics-reader", user.Username, strings.ToLower(at.method), at.path)
	}
	return http.StatusOK, ""
}

func extraOf(user authenticationv1.UserInfo) map[string]authorizationv1.ExtraValue {
	extra := make(map[string]authorizationv1.ExtraValue, len(user.Extra))
	for key, values := range user.Extra {
		extra[key] = authorizationv1.ExtraValue(values)
	}
	return extra
}

// knows says whether somebody was let in a while ago.
func (g *gate) knows(at visit) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	until, ok := g.known[at]
	return ok && g.clock.Now().Before(until)
}

// remember lets somebody in for a while. When it knows too many, it forgets those whose while is over, and else all.
func (g *gate) remember(at visit) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.clock.Now()
	if len(g.known) >= remembered {
		for other, until := range g.known {
			if !now.Before(until) {
				delete(g.known, other)
			}
		}
	}
	if len(g.known) >= remembered {
		clear(g.known)
	}
	g.known[at] = now.Add(trust)
}
