// SPDX-License-Identifier: BSD-3-Clause

package external

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// maxSaid is how many characters of a server's words are kept: enough for a sentence or two.
const maxSaid = 300

const left = "[…]" // stands where something was taken out

// What is taken out of a server's words. They go to status, which many may read.
var (
	jwt          = regexp.MustCompile(`eyJ[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]*)*`)
	bearerToken  = regexp.MustCompile(`(?i)\bbearer\s+\S+`)
	query        = regexp.MustCompile(`\?[^\s"'<>]*[=&][^\s"'<>]*`)
	assignment   = regexp.MustCompile(`(?i)\b(assertion|[a-z_]*token|[a-z_]*secret|password|[a-z_]*key)\s*[=:]\s*[^\s,;]+`)
	mailAddress  = regexp.MustCompile(`[^\s@<>"'(),;:]+@[^\s@<>"'(),;:]+`)
	personNumber = regexp.MustCompile(`[0-9]{6}[ -]?[0-9]{5}[0-9]*`)
	opaqueRun    = regexp.MustCompile(`[A-Za-z0-9+_=-]{24,}`)
)

// harmless makes a server's words short and takes out what must not be shown: tokens, keys, queries, numbers of persons and
// addresses of mail. It may take out too much, never too little.
func harmless(text string) string {
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	text = bearerToken.ReplaceAllString(text, left)
	text = jwt.ReplaceAllString(text, left)
	text = query.ReplaceAllString(text, "?"+left)
	text = assignment.ReplaceAllString(text, "$1="+left)
	text = mailAddress.ReplaceAllString(text, left)
	text = personNumber.ReplaceAllString(text, left)
	text = opaqueRun.ReplaceAllStringFunc(text, func(run string) string {
		if isOpaque(run) {
			return left
		}
		return run
	})
	if runes := []rune(text); len(runes) > maxSaid {
		text = string(runes[:maxSaid]) + "…"
	}
	return text
}

// isOpaque tells keys and tokens from names: capitals, small letters and digits come together only in the former.
func isOpaque(run string) bool {
	return strings.ContainsFunc(run, unicode.IsUpper) && strings.ContainsFunc(run, unicode.IsLower) &&
		strings.ContainsFunc(run, unicode.IsDigit)
}

// problemBody is RFC 9457's body with what ASP.NET Core and Altinn add to it (Altinn's Resource Registry), and RFC 6749's error of a
// token endpoint.
type problemBody struct {
	Title            string      `json:"title"`
	Detail           string      `json:"detail"`
	Code             string      `json:"code"`
	Errors           fieldErrors `json:"errors"`
	ValidationErrors []struct {
		Code   string `json:"code"`
		Detail string `json:"detail"`
	} `json:"validationErrors"`
	OAuthError       string `json:"error"`
	OAuthDescription string `json:"error_description"`
}

// fieldErrors are texts by the field they are about: ASP.NET Core sends them as an object, Digdir's self-service API as a list.
type fieldErrors map[string][]string

// UnmarshalJSON reads either form. Another one says nothing, and takes nothing from what else was said.
func (f *fieldErrors) UnmarshalJSON(raw []byte) error {
	var byField map[string][]string
	if json.Unmarshal(raw, &byField) == nil {
		*f = byField
		return nil
	}
	var listed []struct {
		Message string `json:"errorMessage"`
		Field   string `json:"fieldIdentifier"`
	}
	*f = fieldErrors{}
	if json.Unmarshal(raw, &listed) == nil {
		for _, wrong := range listed {
			(*f)[wrong.Field] = append((*f)[wrong.Field], wrong.Message)
		}
	}
	return nil
}

// said reads the system's code and words out of an answer that is no success.
func said(a *Answer) (code, words string) {
	if challenge := a.Header.Get("WWW-Authenticate"); challenge != "" && len(a.Body) == 0 {
		_, description, _ := strings.Cut(challenge, "error_description=")
		return "", harmless(strings.Trim(description, `"`))
	}
	switch a.mediaType() {
	case TypeJSON, TypeProblem:
		return saidInJSON(a.Body)
	case TypeText:
		return "", harmless(string(a.Body))
	}
	return "", ""
}

// saidInJSON also reads a bare string, which is how ASP.NET Core sends a text to a caller that takes JSON.
func saidInJSON(body []byte) (code, words string) {
	var text string
	if json.Unmarshal(body, &text) == nil {
		return "", harmless(text)
	}
	var read problemBody
	if json.Unmarshal(body, &read) != nil {
		return "", ""
	}
	parts := []string{read.Detail, read.OAuthDescription}
	code = read.Code
	for _, key := range slices.Sorted(maps.Keys(read.Errors)) {
		parts = append(parts, key+": "+strings.Join(read.Errors[key], ", "))
	}
	for _, validation := range read.ValidationErrors {
		code = validation.Code // it says more than STD-00000, under which they come
		parts = append(parts, validation.Detail)
	}
	parts = slices.DeleteFunc(parts, func(part string) bool { return part == "" })
	if len(parts) == 0 {
		parts = append(parts, read.Title+read.OAuthError)
	}
	return harmless(code), harmless(strings.Join(parts, "; "))
}
