// SPDX-License-Identifier: BSD-3-Clause

package azure

import (
	"cmp"
	"regexp"
	"strings"
	"unicode"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// maxSaid is how many characters of Azure's words are kept: enough for a sentence or two.
const maxSaid = 300

const left = "[…]" // stands where something was taken out

// What is taken out of Azure's words: they go to status, which many may read, and they have to be the same each time
// the same thing is wrong.
var (
	address    = regexp.MustCompile(`https?://[^\s"']+`)
	trace      = regexp.MustCompile(`(?i)[\s;,(]*\b((activity|correlation|request|trace|tracking|client-request)[\s-]*id|timestamp|time)\s*[:=]\s*['"]?[^\s'",;)]+( \d\d:\d\d:\d\d[^\s'",;)]*)?['"]?[),;.]*`)
	connection = regexp.MustCompile(`(?i)\b([a-z]*key|sig|[a-z]*token|[a-z]*signature|[a-z]*secret|password)=[^\s;&,"']+`)
	within     = regexp.MustCompile(`(?i)/subscriptions/[^/\s'",;)]+`)
	guid       = regexp.MustCompile(`(?i)[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}`)
	mail       = regexp.MustCompile(`[^\s@<>"'(),;:]+@[^\s@<>"'(),;:]+`)
	opaque     = regexp.MustCompile(`[A-Za-z0-9+/_=-]{40,}`)
)

// harmless makes Azure's words short and takes out ids of subscriptions, tenants, principals and requests, links,
// addresses of mail and what could be a key.
func harmless(words string) string {
	words = strings.Join(strings.FieldsFunc(words, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	words = address.ReplaceAllString(words, left)
	words = trace.ReplaceAllString(words, "")
	words = connection.ReplaceAllString(words, "$1="+left)
	words = within.ReplaceAllString(words, "/subscriptions/"+left)
	words = guid.ReplaceAllString(words, left)
	words = mail.ReplaceAllString(words, left)
	words = opaque.ReplaceAllStringFunc(words, func(run string) string {
		if strings.ContainsFunc(run, unicode.IsUpper) && strings.ContainsFunc(run, unicode.IsLower) && strings.ContainsFunc(run, unicode.IsDigit) {
			return left
		}
		return run
	})
	words = strings.TrimRight(words, " .,;:")
	if runes := []rune(words); len(runes) > maxSaid {
		words = string(runes[:maxSaid]) + "…"
	}
	return words
}

// said is what ASO or Azure says, to be put at the end of a sentence.
func said(now ready) string {
	words := harmless(now.message)
	if words == "" {
		return " (" + cmp.Or(harmless(now.reason), "without a reason") + ")"
	}
	return " (" + cmp.Or(harmless(now.reason), "Failed") + "): " + words
}

// spoken are what people call objects of each kind.
var spoken = map[string]string{
	groupKind.Kind: "resource group", accountKind.Kind: "storage account", blobsKind.Kind: "blob service",
	containerKind.Kind: "container", lifecycleKind.Kind: "lifecycle policy", vaultKind.Kind: "key vault",
	identityKind.Kind: "identity", credentialKind.Kind: "federated credential", roleKind.Kind: "role assignment",
}

// called is what people call an object: by its name in Azure, or where that says nothing, in the cluster.
func called(object *unstructured.Unstructured) string {
	name := nameOf(object)
	if object.GetKind() == credentialKind.Kind || object.GetKind() == roleKind.Kind {
		name = object.GetName()
	}
	return spoken[object.GetKind()] + " " + name
}
