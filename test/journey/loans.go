// SPDX-License-Identifier: BSD-3-Clause

package journey

import (
	"net/http"
	"net/url"
	"sync"
)

const (
	loanPath   = "/loan"
	returnPath = "/loan/answer"
)

// loans are the bank's pages: GET /loan to apply, POST /loan to confirm, and /loan/answer to come back to. They are JSON, as
// the rest of what a journey reads.
type loans struct {
	bank    *Bank
	request Request // without whom, the id and the way back

	mu      sync.Mutex
	asked   *Consent
	trouble error // what a page could not say: why the bank could not ask
}

// Returned is what the citizen finds when she comes back to the bank.
type Returned struct {
	Consent string `json:"consent"`
	Status  string `json:"status"`
}

// ServeHTTP implements http.Handler.
func (l *loans) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method == http.MethodGet && r.URL.Path == loanPath:
		l.show(w, map[string]string{"apply": loanPath})
	case r.Method == http.MethodPost && r.URL.Path == loanPath:
		l.confirm(w, r)
	case r.Method == http.MethodGet && r.URL.Path == returnPath:
		l.welcomeBack(w, r)
	default:
		http.NotFound(w, r)
	}
}

// confirm asks for the consent and sends the citizen to Altinn. The id is the bank's, so that it can be part of the way back.
func (l *loans) confirm(w http.ResponseWriter, r *http.Request) {
	request := l.request
	request.From = r.PostFormValue("person")
	if request.ID == "" {
		request.ID = newUUID()
	}
	request.RedirectURL = "http://" + r.Host + returnPath + "?" + url.Values{"consentId": {request.ID}}.Encode()
	asked, err := l.bank.Ask(r.Context(), request)
	l.mu.Lock()
	l.asked, l.trouble = asked, err
	l.mu.Unlock()
	if err != nil {
		http.Error(w, "the bank cannot ask for the consent", http.StatusBadGateway)
		return
	}
	http.Redirect(w, r, asked.ViewURI, http.StatusSeeOther)
}

// welcomeBack looks the consent up: anybody could have made up a status in the URL.
func (l *loans) welcomeBack(w http.ResponseWriter, r *http.Request) {
	found, err := l.bank.Consent(r.Context(), r.URL.Query().Get("consentId"))
	if err != nil {
		http.Error(w, "the bank cannot find the consent", http.StatusBadGateway)
		return
	}
	l.show(w, Returned{found.ID, found.Status})
}

func (l *loans) show(w http.ResponseWriter, page any) {
	w.Header().Set("Content-Type", "application/json")
	writeJSON(w, page)
}

// result is what came of the confirmation.
func (l *loans) result() (*Consent, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.asked, l.trouble
}
