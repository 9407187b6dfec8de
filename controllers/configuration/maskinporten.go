// SPDX-License-Identifier: BSD-3-Clause

package configuration

import (
	"path/filepath"
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

func validateMaskinporten(path *field.Path, maskinporten Maskinporten, class EnvironmentClass) field.ErrorList {
	_, wrong := issuersOf(maskinportenSolution).validate(path.Child("issuer"), maskinporten.Issuer, class)
	if strings.TrimSpace(maskinporten.ClientID) == "" {
		wrong = append(wrong, field.Required(path.Child("clientId"), "the id the client has at Maskinporten"))
	}
	wrong = append(wrong, validateOrganizationNumber(path.Child("organizationNumber"), maskinporten.OrganizationNumber)...)
	file, vault := path.Child("keyFile"), path.Child("keyVault")
	switch {
	case maskinporten.KeyVault != nil && maskinporten.KeyFile != "":
		return append(wrong, field.Forbidden(vault, "the private key lies in keyFile; give one of the two"))
	case maskinporten.KeyVault != nil:
		return append(wrong, validateKeyVault(vault, *maskinporten.KeyVault, class)...)
	case maskinporten.KeyFile == "":
		return append(wrong, field.Required(file, "the file with the client's private key, as /etc/serviceowner-operator/maskinporten/key.json; or give keyVault"))
	case !filepath.IsAbs(maskinporten.KeyFile):
		return append(wrong, field.Invalid(file, maskinporten.KeyFile, "must be an absolute path: what a relative one leads to depends on where the operator is started"))
	}
	return wrong
}

// What a vault's host, and what lies in a vault, are called (Azure Key Vault, "About keys, secrets, and
// certificates"), and what kids Maskinporten takes (Digdir self-service API).
var (
	vaultHost  = regexp.MustCompile(`^[a-z][a-z0-9-]{1,22}[a-z0-9][.]vault[.]azure[.]net$`)
	keyName    = regexp.MustCompile(`^[0-9A-Za-z-]{1,127}$`)
	keyVersion = regexp.MustCompile(`^[0-9a-f]{32}$`)
	keyID      = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)
)

// validateKeyVault keeps to Azure's vaults: whatever host the URL names gets a token for all of them.
func validateKeyVault(path *field.Path, vault KeyVault, class EnvironmentClass) field.ErrorList {
	const example = "https://my-vault.vault.azure.net"
	at := path.Child("url")
	address, wrong := validateURL(at, vault.URL, example, class)
	if address != nil {
		if !vaultHost.MatchString(address.Host) && (class == Production || !isThisMachine(address.Hostname())) {
			wrong = append(wrong, field.Invalid(at, vault.URL, "must be the address of a vault in Azure, as "+example))
		}
		if strings.Trim(address.Path, "/") != "" {
			wrong = append(wrong, field.Invalid(at, vault.URL, "must have no path: the key is named by key and version"))
		}
	}
	if !keyName.MatchString(vault.Key) {
		wrong = append(wrong, field.Invalid(path.Child("key"), vault.Key, "must be the key's name in the vault: at most 127 letters, digits and hyphens"))
	}
	if !keyVersion.MatchString(vault.Version) {
		wrong = append(wrong, field.Invalid(path.Child("version"), vault.Version, "must be the version that keyId is the kid of, 32 digits and letters a to f: the newest may be another key tomorrow"))
	}
	if !keyID.MatchString(vault.KeyID) {
		wrong = append(wrong, field.Invalid(path.Child("keyId"), vault.KeyID, "must be the kid that Maskinporten knows the public key by: letters, digits and . _ -"))
	}
	return wrong
}

// nineDigits is what organisation numbers look like.
var nineDigits = regexp.MustCompile(`^[0-9]{9}$`)

// validateOrganizationNumber says what the API says of a ServiceOwner's number.
func validateOrganizationNumber(path *field.Path, number v1alpha1.OrganizationNumber) field.ErrorList {
	if !nineDigits.MatchString(string(number)) {
		return field.ErrorList{field.Invalid(path, number, "must be nine digits without spaces")}
	}
	// With the check digit itself weighed 1, the sum of a right number is a multiple of 11. No digit
	// does that for a number whose check digit would be 10.
	sum := 0
	for i, weight := range []int{3, 2, 7, 6, 5, 4, 3, 2, 1} {
		sum += weight * int(number[i]-'0')
	}
	if sum%11 != 0 {
		return field.ErrorList{field.Invalid(path, number, "has a wrong check digit (modulus 11): compare it with Enhetsregisteret")}
	}
	return nil
}
