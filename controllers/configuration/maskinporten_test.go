// SPDX-License-Identifier: BSD-3-Clause

package configuration

import "testing"

// keyVault is a key in a vault, to stand in the place of a file; its keys are in lines 30 to 33.
const keyVault = `keyVault:
    url: https://my-vault.vault.azure.net
    key: operator
    version: 0123456789abcdef0123456789abcdef
    keyId: operator-2026`

func TestLoadTheKeyInAVault(t *testing.T) {
	for name, file := range map[string]string{
		"of a version":                       changed(keyFile, keyVault),
		"with a slash at the end of its URL": replaced(changed(keyFile, keyVault), "azure.net\n", "azure.net/\n"),
		"in a stand-in on this machine":      replaced(changed(keyFile, keyVault), "https://my-vault.vault.azure.net", "https://127.0.0.1:8443"),
		"in production":                      changed(append(ofProduction, keyFile, keyVault)...) + selfServiceOfProduction + storageOfProduction,
	} {
		t.Run(name, func(t *testing.T) {
			operator, err := Load(fileOf(t, file))
			if err != nil {
				t.Fatal(err)
			}
			if vault := operator.Maskinporten.KeyVault; vault == nil || vault.Key != "operator" || vault.KeyID != "operator-2026" {
				t.Errorf("the key is %+v", vault)
			}
		})
	}
}

func TestLoadRefusesAKeyInAVaultThatCannotBe(t *testing.T) {
	const (
		azure   = ": must be the address of a vault in Azure, as https://my-vault.vault.azure.net"
		named   = ": must be the key's name in the vault: at most 127 letters, digits and hyphens"
		version = ": must be the version that keyId is the kid of, 32 digits and letters a to f: the newest may be another key tomorrow"
		kid     = ": must be the kid that Maskinporten knows the public key by: letters, digits and . _ -"
		vaultAt = "https://my-vault.vault.azure.net"
	)
	with := func(place, replacement string, want ...string) loadCase {
		return loadCase{file: replaced(changed(keyFile, keyVault), place, replacement), want: want}
	}
	url := func(url, want string) loadCase {
		return with("url: "+vaultAt, "url: "+url, `30: maskinporten.keyVault.url: `+want)
	}
	tryLoad(t, map[string]loadCase{
		"beside one in a file": with(keyVault, keyFile+"\n  "+keyVault,
			"30: maskinporten.keyVault: Forbidden: the private key lies in keyFile; give one of the two"),
		"without anything": with(keyVault, "keyVault: {}",
			"29: maskinporten.keyVault.url: Required value: its address, as "+vaultAt,
			`29: maskinporten.keyVault.key: Invalid value: ""`+named, `29: maskinporten.keyVault.version: Invalid value: ""`+version, `29: maskinporten.keyVault.keyId: Invalid value: ""`+kid),
		"without a value": with(keyVault, "keyVault:",
			"25: maskinporten.keyFile: Required value: the file with the client's private key, as /etc/serviceowner-operator/maskinporten/key.json; or give keyVault"),
		"at another host":        url("https://vault.example.no", `Invalid value: "https://vault.example.no"`+azure),
		"below another's domain": url("https://a.my-vault.vault.azure.net", `Invalid value: "https://a.my-vault.vault.azure.net"`+azure),
		"at another port":        url("https://my-vault.vault.azure.net:8443", `Invalid value: "https://my-vault.vault.azure.net:8443"`+azure),
		"at the key's own address": url(vaultAt+"/keys/operator",
			`Invalid value: "`+vaultAt+`/keys/operator": must have no path: the key is named by key and version`),
		"over no encrypted connection": url("http://my-vault.vault.azure.net",
			`Invalid value: "http://my-vault.vault.azure.net": must begin with https://; http:// is for a host on this machine only, as localhost, and never in class Production`),
		"in a stand-in in production": {
			file: replaced(changed(append(ofProduction, keyFile, keyVault)...)+selfServiceOfProduction+storageOfProduction, vaultAt, "https://127.0.0.1:8443"),
			want: []string{`30: maskinporten.keyVault.url: Invalid value: "https://127.0.0.1:8443"` + azure},
		},
		"of a name with a slash":            with("key: operator", "key: a/b", `31: maskinporten.keyVault.key: Invalid value: "a/b"`+named),
		"of a version of words":             with("0123456789abcdef0123456789abcdef", "latest", `32: maskinporten.keyVault.version: Invalid value: "latest"`+version),
		"of whatever version is the newest": with("    version: 0123456789abcdef0123456789abcdef\n", "", `29: maskinporten.keyVault.version: Invalid value: ""`+version),
		"of a kid with a space":             with("keyId: operator-2026", "keyId: a b", `33: maskinporten.keyVault.keyId: Invalid value: "a b"`+kid),
		"with a key of its own":             with("keyId: operator-2026", "keyId: operator-2026\n    tenant: a", "34: maskinporten.keyVault.tenant: "+unknown),
		"that is a text":                    with(keyVault, "keyVault: my-vault", "29: maskinporten.keyVault: must be a map, not string"),
		"of a version of a number":          with("0123456789abcdef0123456789abcdef", "12", "32: maskinporten.keyVault.version: must be a text, not number: put it in quotes"),
	})
}
