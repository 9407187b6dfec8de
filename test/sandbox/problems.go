// SPDX-License-Identifier: BSD-3-Clause

package sandbox

import (
	"fmt"
	"net/http"
)

// problem is RFC 9457's body, with what ASP.NET Core (errors) and Altinn (code, validationErrors, problems) add to it.
type problem struct {
	Type             string              `json:"type,omitempty"`
	Title            string              `json:"title"`
	Status           int                 `json:"status"`
	Detail           string              `json:"detail,omitempty"`
	Code             string              `json:"code,omitempty"`
	Errors           map[string][]string `json:"errors,omitempty"`
	ValidationErrors []validationError   `json:"validationErrors,omitempty"`
	Problems         []problem           `json:"problems,omitempty"`
	TraceID          string              `json:"traceId,omitempty"`
}

// validationError is one entry of a problem with the code STD-00000.
type validationError struct {
	Code   string   `json:"code"`
	Detail string   `json:"detail"`
	Paths  []string `json:"paths,omitempty"`
}

// Codes that all of Altinn's services share.
const (
	codeValidation = "STD-00000"
	codeMultiple   = "STD-00001"
)

func (p problem) reply() reply {
	if p.Title == "" {
		p.Title = http.StatusText(p.Status)
	}
	if p.Type == "" {
		p.Type = rfcSection(p.Status)
	}
	p.TraceID = "00-sandbox-00"
	r := jsonReply(p.Status, p)
	r.header.Set("Content-Type", typeProblem)
	return r
}

// problemReply is what NotFound() and its like give: the status in words.
func problemReply(status int, detail string) reply {
	return problem{Status: status, Detail: detail}.reply()
}

// modelErrors is what ValidationProblem(ModelState) gives (Altinn's Resource Registry).
func modelErrors(errors map[string][]string) reply {
	return problem{
		Title:  "One or more validation errors occurred.",
		Status: http.StatusBadRequest,
		Errors: errors,
	}.reply()
}

func modelError(key, message string) reply { return modelErrors(map[string][]string{key: {message}}) }

// invalid is a problem of Altinn's own kind of validation (Altinn's Resource Registry).
func invalid(errors ...validationError) problem {
	return problem{
		Status:           http.StatusBadRequest,
		Detail:           "One or more validation errors occurred.",
		Code:             codeValidation,
		ValidationErrors: errors,
	}
}

// Problems of the Resource Registry (Altinn's Resource Registry).
var (
	problemIncludeMembers = problem{
		Status: http.StatusNotImplemented, Code: "RR-00000",
		Detail: "Members are not supported yet as an include option for this endpoint.",
	}
	problemPartyNotFound = problem{
		Status: http.StatusBadRequest, Code: "RR-00001", Detail: "One or more party references not found.",
	}
	problemResourceNotFound = problem{
		Status: http.StatusBadRequest, Code: "RR-00002", Detail: "One or more resource references not found.",
	}
	problemForeignResource = problem{
		Status: http.StatusForbidden, Code: "RR-00004",
		Detail: "Cannot create a access-list connection to a resource not owned by the same service-owner as the access-list.",
	}
)

// rrInvalid is a validation error of the Resource Registry, by its number (Altinn's Resource Registry).
func rrInvalid(number int, detail string, paths ...string) reply {
	return invalid(validationError{Code: fmt.Sprintf("RR.VLD-%05d", number), Detail: detail, Paths: paths}).reply()
}

// amProblem is a problem of Access Management, by its number (Altinn consent).
func amProblem(status, number int, detail string) problem {
	return problem{Status: status, Code: fmt.Sprintf("AM-%05d", number), Detail: detail}
}

func amInvalid(number int, detail string, paths ...string) problem {
	return invalid(validationError{Code: fmt.Sprintf("AM.VLD-%05d", number), Detail: detail, Paths: paths})
}

// combined gives a single problem as it is, and several as one with status 500: that is what Access Management's own tests
// expect of two faults in one request.
func combined(problems []problem) reply {
	if len(problems) == 1 {
		return problems[0].reply()
	}
	return problem{
		Status:   http.StatusInternalServerError,
		Detail:   "Multiple problems occurred.",
		Code:     codeMultiple,
		Problems: problems,
	}.reply()
}

func rfcSection(status int) string {
	const rfc = "https://tools.ietf.org/html/rfc9110#section-15."
	if status >= http.StatusInternalServerError {
		return fmt.Sprintf("%s6.%d", rfc, status-http.StatusInternalServerError+1)
	}
	return fmt.Sprintf("%s5.%d", rfc, status-http.StatusBadRequest+1)
}
