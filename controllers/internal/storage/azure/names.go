// SPDX-License-Identifier: BSD-3-Clause

package azure

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/altinn/serviceowner-operator/controllers/internal/storage"
)

// Names in Azure (Microsoft's "Naming rules and restrictions for Azure resources"). Those of storage accounts and key
// vaults must be the only ones of their kind in the world, those of role assignments in the tenant; the others in
// what they lie in.
const (
	accountDigits = 10
	vaultDigits   = 8
	// containerDigits tell apart containers whose App and name would read the same.
	containerDigits = 10
	maxContainer    = 63
)

// keyName is the name of the key in an owner's vault that encrypts its storage. ASO 2.20.0 has no kind for keys of
// vaults: whoever holds the key makes it, by hand or by other means, and until then the account cannot use it
// (StorageKeyMissing).
const keyName = "storage"

// digits are n hexadecimal digits of a digest over parts.
func digits(n int, parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00"))) // no part holds a zero
	return hex.EncodeToString(sum[:])[:n]
}

// of is what tells an owner from any other anywhere: its environment, code and organisation number.
func (p *provider) of(owner storage.Owner) []string {
	return []string{p.environment, owner.Code, string(owner.OrganizationNumber)}
}

func (p *provider) groupName(owner storage.Owner) string {
	return "so-" + p.environment + "-" + owner.Code
}

// accountName has 24 characters at most, all small letters and digits: a code has twelve.
func (p *provider) accountName(owner storage.Owner) string {
	return "st" + owner.Code + digits(accountDigits, p.of(owner)...)
}

// vaultName has 24 characters at most and begins with a letter.
func (p *provider) vaultName(owner storage.Owner) string {
	return "kv-" + owner.Code + "-" + digits(vaultDigits, p.of(owner)...)
}

// keysObject is the name in the cluster of who an owner's account is when it uses its key, and of the ConfigMap that
// says so. No App has a dot in its name.
func keysObject(owner storage.Owner) string { return owner.Code + ".keys" }

// keysRole is that of what it may do. An App called as its owner may have a container keys, whose role has one dot.
func keysRole(owner storage.Owner) string { return owner.Code + ".keys.vault" }

func keysIdentityName(owner storage.Owner) string { return "key-" + owner.Code }

func identityName(app storage.App) string { return "id-" + app.Owner.Code + "-" + app.Name }

// containerObject is the name in the cluster of an App's container.
func containerObject(app storage.App, container string) string { return app.Name + "." + container }

// containerName is the name of an App's container in Azure: 3 to 63 small letters, digits and single hyphens. Where
// only one hyphen is in <app>-<container> it can be read in one way only, and that is the name; any other gets a
// digest at its end, since App a-b has a container c where App a has b-c, and since Azure knows no double hyphens.
func containerName(app, container string) string {
	name := app + "-" + container
	if !strings.Contains(app, "-") && !strings.Contains(container, "-") && len(name) <= maxContainer {
		return name
	}
	name = strings.Join(strings.FieldsFunc(name, func(r rune) bool { return r == '-' }), "-")
	name = strings.TrimRight(name[:min(len(name), maxContainer-1-containerDigits)], "-")
	return name + "-" + digits(containerDigits, app, container)
}

// roleName is the id of a role assignment, which must be the only one of the tenant. ASO would make it from names in
// the cluster, and an owner has the same ones in every environment. The form is that of RFC 9562, version 8.
func (p *provider) roleName(owner storage.Owner, object string) string {
	all := digits(32, append(p.of(owner), object)...)
	return fmt.Sprintf("%s-%s-8%s-8%s-%s", all[:8], all[8:12], all[13:16], all[17:20], all[20:])
}
