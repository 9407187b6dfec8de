package cluster

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/client-go/util/cert"
	"k8s.io/client-go/util/keyutil"
)

// authority is the cluster's own certificate authority. It is made anew for every cluster.
type authority struct {
	certificate *x509.Certificate
	key         crypto.Signer
}

// identity is who a kubeconfig speaks as: kubeconfig file, user and groups.
type identity struct {
	file, user string
	groups     []string
}

func newAuthority() (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making the authority's key: %w", err)
	}
	certificate, err := cert.NewSelfSignedCACert(cert.Config{CommonName: "cluster-ca"}, key)
	if err != nil {
		return nil, fmt.Errorf("making the authority's certificate: %w", err)
	}
	return &authority{certificate: certificate, key: key}, nil
}

// issue returns a certificate and its key in PEM, valid as long as the authority.
func (a *authority) issue(template x509.Certificate) (certificate, key []byte, err error) {
	signer, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("making a key for %s: %w", template.Subject.CommonName, err)
	}
	template.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, nil, fmt.Errorf("making a serial number for %s: %w", template.Subject.CommonName, err)
	}
	template.NotBefore, template.NotAfter = a.certificate.NotBefore, a.certificate.NotAfter
	template.KeyUsage = x509.KeyUsageDigitalSignature
	der, err := x509.CreateCertificate(rand.Reader, &template, a.certificate, signer.Public(), a.key)
	if err != nil {
		return nil, nil, fmt.Errorf("signing the certificate of %s: %w", template.Subject.CommonName, err)
	}
	signed, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the certificate of %s: %w", template.Subject.CommonName, err)
	}
	key, err = keyutil.MarshalPrivateKeyToPEM(signer)
	if err != nil {
		return nil, nil, fmt.Errorf("writing the key of %s: %w", template.Subject.CommonName, err)
	}
	return encode(signed), key, nil
}

func encode(certificate *x509.Certificate) []byte {
	pem, _ := cert.EncodeCertificates(certificate) // writes to memory: cannot fail
	return pem
}

// writeIdentities makes the authority and everything it signs: the API server's serving certificate, the
// key for ServiceAccount tokens, and a kubeconfig for the administrator and for each program.
func (r *record) writeIdentities() error {
	ca, err := newAuthority()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(r.file("pki"), 0o700); err != nil {
		return fmt.Errorf("making the folder for certificates: %w", err)
	}
	if err := r.writeServerFiles(ca); err != nil {
		return err
	}
	identities := []identity{{file: r.file("kubeconfig"), user: "admin", groups: []string{"system:masters"}}}
	if r.Controllers {
		identities = append(identities,
			identity{file: r.kubeconfigOf(controllerManager), user: "system:kube-controller-manager"},
			identity{file: r.kubeconfigOf(scheduler), user: "system:kube-scheduler"},
			// kwok sets the status of any kind that a stage names, so no narrower group would do.
			identity{file: r.kubeconfigOf(kwok), user: "kwok", groups: []string{"system:masters"}},
		)
	}
	for _, who := range identities {
		if err := r.writeKubeconfig(ca, who); err != nil {
			return err
		}
	}
	return nil
}

func (r *record) writeServerFiles(ca *authority) error {
	caKey, err := keyutil.MarshalPrivateKeyToPEM(ca.key)
	if err != nil {
		return fmt.Errorf("writing the authority's key: %w", err)
	}
	certificate, key, err := ca.issue(x509.Certificate{
		Subject:     pkix.Name{CommonName: apiServer},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:    []string{"localhost", "kubernetes.default.svc"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	})
	if err != nil {
		return err
	}
	tokenKey, err := keyutil.MakeEllipticPrivateKeyPEM()
	if err != nil {
		return fmt.Errorf("making the key for ServiceAccount tokens: %w", err)
	}
	files := map[string][]byte{
		"ca.crt": encode(ca.certificate), "ca.key": caKey,
		"apiserver.crt": certificate, "apiserver.key": key, "sa.key": tokenKey,
	}
	for name, content := range files {
		if err := os.WriteFile(r.file("pki", name), content, 0o600); err != nil {
			return fmt.Errorf("writing the certificates: %w", err)
		}
	}
	return nil
}

func (r *record) writeKubeconfig(ca *authority, who identity) error {
	certificate, key, err := ca.issue(x509.Certificate{
		Subject:     pkix.Name{CommonName: who.user, Organization: who.groups},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	if err != nil {
		return err
	}
	config := clientcmdapi.NewConfig()
	name := filepath.Base(r.Dir)
	config.Clusters[name] = &clientcmdapi.Cluster{Server: r.serverURL(), CertificateAuthorityData: encode(ca.certificate)}
	config.AuthInfos[who.user] = &clientcmdapi.AuthInfo{ClientCertificateData: certificate, ClientKeyData: key}
	config.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: who.user}
	config.CurrentContext = name
	if err := clientcmd.WriteToFile(*config, who.file); err != nil {
		return fmt.Errorf("writing %s: %w", filepath.Base(who.file), err)
	}
	return nil
}
