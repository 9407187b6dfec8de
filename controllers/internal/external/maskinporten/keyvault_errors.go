// SPDX-License-Identifier: BSD-3-Clause

package maskinporten

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/external"
)

// maxPause is the longest the vault is believed to want to be left alone.
const maxPause = time.Hour

// errNoAnswer is an answer that is none to what was asked.
var errNoAnswer = errors.New("the answer is no signature by the key that was asked for")

// tokenless is about a credential that gave no token. It keeps the credential's error from the SDK, which would log it.
type tokenless struct{ cause error }

func (*tokenless) Error() string { return "the credential gave no token for the vault" }

// withholding marks a credential's errors, so that they are told from the vault's own.
type withholding struct{ azcore.TokenCredential }

// GetToken implements azcore.TokenCredential.
func (w withholding) GetToken(ctx context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	token, err := w.TokenCredential.GetToken(ctx, options)
	if err != nil {
		return azcore.AccessToken{}, &tokenless{err}
	}
	return token, nil
}

// final is what the SDK calls an error that a repetition cannot help.
type final interface {
	error
	NonRetriable()
}

func vaultProblem(why string) external.Problem {
	return external.Problem{System: "key vault", Operation: "sign grant", Why: why}
}

// judge says what an error of the SDK's means. None of the SDK's words are kept: they have the URL and whole answers in them.
func (s *vaultSigner) judge(ctx context.Context, err error) error {
	answered, withStatus := errors.AsType[*azcore.ResponseError](err)
	unauthenticated, withoutToken := errors.AsType[*tokenless](err)
	_, isFinal := errors.AsType[final](err)
	p := vaultProblem("no connection, or it broke before the answer was whole")
	switch {
	case ctx.Err() != nil:
		p.Why, p.Cause = "we stopped waiting", ctx.Err()
	case withStatus:
		return s.byStatus(answered)
	case withoutToken:
		return withoutCredential(unauthenticated.cause)
	case errors.Is(err, context.DeadlineExceeded):
		p.Why = "no answer in time"
	case errors.Is(err, errNoAnswer):
		p.Why = errNoAnswer.Error()
	case isFinal:
		p.Why = "what answers does not ask for a token as the vault of that name would"
		return &external.Refused{Problem: p, Actor: v1alpha1.ActorPlatform}
	}
	return external.LaterBy(p, 0)
}

// byStatus is what the vault's refusals mean (Azure Key Vault REST API, authentication and errors).
func (s *vaultSigner) byStatus(answered *azcore.ResponseError) error {
	p := vaultProblem("")
	p.Status, p.Code = answered.StatusCode, codeOf(answered)
	if passes(p.Status) {
		wish := s.heed(answered.RawResponse)
		return external.LaterBy(p, wish)
	}
	switch {
	case p.Status == http.StatusUnauthorized:
		p.Why = "the vault does not accept the operator's token"
	case p.Code == "KeyDisabled":
		p.Why = "the key is disabled"
	case p.Status == http.StatusForbidden:
		p.Why = "the operator may not sign with the key, or the key is out of its time"
	case p.Status == http.StatusNotFound:
		p.Why = "the vault has no such key, or no such version of it"
	default:
		p.Why = "the vault does not sign like that with the key"
	}
	return &external.Refused{Problem: p, Actor: v1alpha1.ActorPlatform}
}

// withoutCredential is a refusal where the directory refused, and else not known: the credential's error does not tell a
// broken connection from a file that is missing.
func withoutCredential(cause error) error {
	p := vaultProblem("the credential gave no token for the vault")
	failed, ok := errors.AsType[*azidentity.AuthenticationFailedError](cause)
	if !ok || failed.RawResponse == nil {
		return external.LaterBy(p, 0)
	}
	p.Status = failed.RawResponse.StatusCode
	if passes(p.Status) {
		return external.LaterBy(p, wished(failed.RawResponse.Header))
	}
	p.Why = "the directory gives the operator's identity no token for the vault"
	return &external.Refused{Problem: p, Actor: v1alpha1.ActorPlatform}
}

// passes is true for statuses that say nothing of the key or of rights.
func passes(status int) bool {
	return status >= 500 || status == http.StatusTooManyRequests || status == http.StatusRequestTimeout
}

// plainCode is what the vault's codes look like. Whatever else is there is not repeated.
var plainCode = regexp.MustCompile(`^[A-Za-z]{1,40}$`)

// codeOf is the innermost code, which says most, such as KeyDisabled within Forbidden.
func codeOf(answered *azcore.ResponseError) string {
	code := answered.ErrorCode
	var read struct {
		Error struct {
			Inner struct {
				Code string `json:"code"`
			} `json:"innererror"`
		} `json:"error"`
	}
	body, err := runtime.Payload(answered.RawResponse)
	if err == nil && json.Unmarshal(body, &read) == nil && read.Error.Inner.Code != "" {
		code = read.Error.Inner.Code
	}
	if !plainCode.MatchString(code) {
		return ""
	}
	return code
}

// wished reads Retry-After in seconds, which is the form the vault gives it.
func wished(header http.Header) time.Duration {
	seconds, err := strconv.Atoi(header.Get("Retry-After"))
	if err != nil {
		return 0
	}
	return time.Duration(min(max(seconds, 0), int(maxPause/time.Second))) * time.Second
}

// heed remembers how long the vault wants to be left alone, for all who sign with the key.
func (s *vaultSigner) heed(answer *http.Response) time.Duration {
	wish := wished(answer.Header)
	s.mu.Lock()
	defer s.mu.Unlock()
	if until := s.clock.Now().Add(wish); until.After(s.paused) {
		s.paused = until
	}
	return wish
}

func (s *vaultSigner) pause() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.paused.Sub(s.clock.Now())
}

// left says that nothing was asked of the vault, since it wishes so.
func left(wait time.Duration) error {
	later := external.LaterBy(vaultProblem("it asked to be left alone for a while"), wait)
	later.Unsent = true
	return later
}
