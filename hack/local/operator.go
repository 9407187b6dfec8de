// SPDX-License-Identifier: BSD-3-Clause

package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/utils/ptr"
)

// Where config/default puts the operator's identity.
const (
	operatorNamespace = "serviceowner-system"
	operatorAccount   = "operator"
	tokenLifetime     = 24 * time.Hour
)

// gracePeriod is how long an operator that was asked to stop may take.
const gracePeriod = 10 * time.Second

// Operator is an operator that runs as a process beside a local control plane.
type Operator struct {
	// Binary is the program, Config its configuration file, Log where it writes.
	Binary, Config, Log string
	// Metrics is the address of this machine that its metrics are served at, by plain HTTP; nowhere when empty.
	Metrics string
	// Args are further arguments.
	Args []string

	process *exec.Cmd
	done    chan struct{}
	ended   error
}

// Start starts the operator against the API server that admin is for, as the ServiceAccount that
// config/default made for it. The kubeconfig it uses lies beside the log.
func (o *Operator) Start(ctx context.Context, admin *rest.Config) error {
	kubeconfig := filepath.Join(filepath.Dir(o.Log), "operator.kubeconfig")
	if err := writeIdentity(ctx, admin, kubeconfig); err != nil {
		return err
	}
	log, err := os.OpenFile(o.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("opening the operator's log: %w", err)
	}
	defer func() { _ = log.Close() }() // the process has its own handle
	metrics := o.Metrics
	if metrics == "" {
		metrics = "0"
	}
	// The process outlives ctx, which bounds the start only: Stop ends it.
	args := append([]string{"--config", o.Config, "--metrics-bind-address", metrics, "--metrics-insecure", "--health-probe-bind-address", "0"}, o.Args...)
	o.process = exec.Command(o.Binary, args...)
	o.process.Env = append(os.Environ(), "KUBECONFIG="+kubeconfig)
	o.process.Stdout, o.process.Stderr = log, log
	o.process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is for us to pass on
	if err := o.process.Start(); err != nil {
		return fmt.Errorf("starting the operator: %w", err)
	}
	o.done = make(chan struct{})
	go func(process *exec.Cmd, done chan<- struct{}) {
		o.ended = process.Wait()
		close(done)
	}(o.process, o.done)
	return nil
}

// Ended is closed when the operator has ended; Err then says how.
func (o *Operator) Ended() <-chan struct{} { return o.done }

// Err says how an operator ended that did so by itself.
func (o *Operator) Err() error {
	if o.ended == nil {
		return errors.New("it stopped without an error")
	}
	return o.ended
}

// PID is the operator's process id.
func (o *Operator) PID() int { return o.process.Process.Pid }

// Stop asks the operator to stop and waits until it has.
func (o *Operator) Stop() { o.end(syscall.SIGTERM) }

// Kill ends the operator at once, in the middle of whatever it does.
func (o *Operator) Kill() { o.end(syscall.SIGKILL) }

func (o *Operator) end(signal syscall.Signal) {
	if o.process == nil {
		return
	}
	_ = o.process.Process.Signal(signal) // an error means that it has ended
	select {
	case <-o.done:
	case <-time.After(gracePeriod):
		_ = o.process.Process.Kill()
		<-o.done
	}
	o.process = nil
}

// writeIdentity writes a kubeconfig with a token of the operator's ServiceAccount.
func writeIdentity(ctx context.Context, admin *rest.Config, path string) error {
	clients, err := kubernetes.NewForConfig(admin)
	if err != nil {
		return fmt.Errorf("connecting: %w", err)
	}
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: ptr.To(int64(tokenLifetime.Seconds()))}}
	token, err := clients.CoreV1().ServiceAccounts(operatorNamespace).CreateToken(ctx, operatorAccount, request, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("asking for a token of ServiceAccount %s/%s: %w", operatorNamespace, operatorAccount, err)
	}
	config := clientcmdapi.Config{
		Clusters:       map[string]*clientcmdapi.Cluster{"local": {Server: admin.Host, CertificateAuthority: admin.CAFile, CertificateAuthorityData: admin.CAData}},
		AuthInfos:      map[string]*clientcmdapi.AuthInfo{operatorAccount: {Token: token.Status.Token}},
		Contexts:       map[string]*clientcmdapi.Context{"local": {Cluster: "local", AuthInfo: operatorAccount, Namespace: operatorNamespace}},
		CurrentContext: "local",
	}
	if err := clientcmd.WriteToFile(config, path); err != nil {
		return fmt.Errorf("writing the operator's kubeconfig: %w", err)
	}
	return nil
}
