// SPDX-License-Identifier: Apache-2.0
// The scenario with go-sql-driver (see ../README.md).
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-sql-driver/mysql"
)

const slowQuery = "SELECT SUM(a.id % 7 + b.id % 5) FROM big a, big b WHERE a.id <> b.id + 1"

var bigRows, _ = strconv.ParseInt(os.Getenv("T_BIG_ROWS"), 10, 64)

func config() *mysql.Config {
	c := mysql.NewConfig()
	c.Net, c.Addr = "tcp", os.Getenv("T_HOST")+":"+os.Getenv("T_PORT")
	c.User, c.Passwd, c.DBName = os.Getenv("T_USER"), os.Getenv("T_PASSWORD"), os.Getenv("T_DB")
	c.ParseTime = true
	c.ReadTimeout, c.Timeout = 2*time.Minute, 30*time.Second
	return c
}

func open(change func(*mysql.Config)) *sql.DB {
	c := config()
	if change != nil {
		change(c)
	}
	connector, err := mysql.NewConnector(c)
	must(err)
	return sql.OpenDB(connector)
}

type failure struct{ text string }
type skipped struct{ text string }

func must(err error) {
	if err != nil {
		panic(failure{err.Error()})
	}
}

func equal(got, wanted interface{}) {
	g, w := fmt.Sprintf("%#v", got), fmt.Sprintf("%#v", wanted)
	if g != w {
		panic(failure{fmt.Sprintf("got %.300s, wanted %.300s", g, w)})
	}
}

func fails(err error, number uint16, state string) {
	var mysqlError *mysql.MySQLError
	if !errors.As(err, &mysqlError) {
		panic(failure{fmt.Sprintf("wanted error %d, got %v", number, err)})
	}
	equal(mysqlError.Number, number)
	equal(string(mysqlError.SQLState[:]), state)
}

func scalar(db *sql.DB, query string, arguments ...interface{}) string {
	var value sql.NullString
	must(db.QueryRow(query, arguments...).Scan(&value))
	return value.String
}

func connect() {
	db := open(nil)
	defer db.Close()
	must(db.Ping())
	equal(scalar(db, "SELECT DATABASE()"), os.Getenv("T_DB"))
	wrong := open(func(c *mysql.Config) { c.DBName = "no_such_database" })
	defer wrong.Close()
	fails(wrong.Ping(), 1049, "42000")
}

func useTLS(c *mysql.Config) { c.TLSConfig = "pinned" }

func checkTLS() {
	db := open(useTLS)
	defer db.Close()
	// With this configuration the driver refuses a connection without TLS or with another certificate.
	for _, name := range []string{"Ssl_cipher", "Ssl_version"} {
		var found, value string
		must(db.QueryRow("SHOW SESSION STATUS LIKE '"+name+"'").Scan(&found, &value))
		equal(found, name)
		if value == "" {
			panic(failure{name + " is empty"})
		}
	}
	equal(scalar(db, "SELECT COUNT(*) FROM big"), strconv.FormatInt(bigRows, 10))
}

func login(user string, password string, change func(*mysql.Config)) error {
	db := open(func(c *mysql.Config) {
		c.User, c.Passwd = user, password
		if change != nil {
			change(c)
		}
	})
	defer db.Close()
	return db.Ping()
}

func authNative() {
	must(login(os.Getenv("T_NATIVE_USER"), os.Getenv("T_AUTH_PASSWORD"), nil))
	fails(login(os.Getenv("T_NATIVE_USER"), "wrong", nil), 1045, "28000")
	fails(login("nobody_of_that_name", "x", nil), 1045, "28000")
}

func authSha2() {
	user := os.Getenv("T_SHA2_USER")
	if user == "" {
		panic(skipped{"the server has no such plugin"})
	}
	must(login(user, os.Getenv("T_AUTH_PASSWORD"), nil)) // RSA when the server has not seen the password yet
	must(login(user, os.Getenv("T_AUTH_PASSWORD"), useTLS))
	must(login(user, os.Getenv("T_AUTH_PASSWORD"), nil))
	fails(login(user, "wrong", nil), 1045, "28000")
}

type row struct {
	id                int64
	b                 sql.NullBool
	i8, i16, i32, i64 sql.NullInt64
	f32, f64          sql.NullFloat64
	d                 sql.NullString
	dt, ts            sql.NullTime
	v, t              sql.NullString
}

func number(n int64) sql.NullInt64     { return sql.NullInt64{Int64: n, Valid: true} }
func float(f float64) sql.NullFloat64  { return sql.NullFloat64{Float64: f, Valid: true} }
func text(s string) sql.NullString     { return sql.NullString{String: s, Valid: true} }
func instant(t time.Time) sql.NullTime { return sql.NullTime{Time: t, Valid: true} }
func boolean(b bool) sql.NullBool      { return sql.NullBool{Bool: b, Valid: true} }
func date(y, m, d int) sql.NullTime {
	return instant(time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC))
}
func (r row) values() []interface{} {
	return []interface{}{r.id, r.b, r.i8, r.i16, r.i32, r.i64, r.f32, r.f64, r.d, r.dt, r.ts, r.v, r.t}
}

var typeRows = []row{
	{1, boolean(false), number(-128), number(-32768), number(-2147483648), number(-9223372036854775808), float(-3.5),
		float(-1.7976931348623157e308), text("-9999999999999999999999999999.9999999999"), date(1000, 1, 1),
		instant(time.Date(1000, 1, 1, 0, 0, 0, 1000, time.UTC)), text(""), text("\u00fcn\u00efc\u00f6d\u00e9 \U0001F600")},
	{2, boolean(true), number(127), number(32767), number(2147483647), number(9223372036854775807), float(0.25),
		float(2.2250738585072014e-308), text("9999999999999999999999999999.9999999999"), date(9999, 12, 31),
		instant(time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC)), text("it's \"quoted\" \\ back`tick"), text("line\nnext\ttab")},
	{id: 3},
	{4, boolean(true), number(0), number(0), number(0), number(0), float(0), float(0.1), text("0.0000000001"), date(2024, 2, 29),
		instant(time.Date(2024, 2, 29, 12, 34, 56, 0, time.UTC)), text(strings.Repeat("x", 200)), text(strings.Repeat("y", 60000))},
}

func roundTrip(db *sql.DB, prepared bool) {
	_, err := db.Exec("DELETE FROM types")
	must(err)
	for _, r := range typeRows {
		result, err := db.Exec("INSERT INTO types VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", r.values()...)
		must(err)
		count, _ := result.RowsAffected()
		equal(count, int64(1))
	}
	query, arguments := "SELECT id, b, i8, i16, i32, i64, f32, f64, d, dt, ts, v, t FROM types ORDER BY id", []interface{}{}
	if prepared {
		query, arguments = "SELECT id, b, i8, i16, i32, i64, f32, f64, d, dt, ts, v, t FROM types WHERE id > ? ORDER BY id", []interface{}{0}
	}
	rows, err := db.Query(query, arguments...)
	must(err)
	defer rows.Close()
	count := 0
	for rows.Next() {
		var r row
		must(rows.Scan(&r.id, &r.b, &r.i8, &r.i16, &r.i32, &r.i64, &r.f32, &r.f64, &r.d, &r.dt, &r.ts, &r.v, &r.t))
		equal(r, typeRows[count])
		count++
	}
	must(rows.Err())
	equal(count, len(typeRows))
}

func types() {
	db := open(func(c *mysql.Config) { c.InterpolateParams = true })
	defer db.Close()
	roundTrip(db, false)
}

func prepared() {
	db := open(nil)
	defer db.Close()
	roundTrip(db, true)
	statement, err := db.Prepare("SELECT txt, ? + 1, CONCAT(?, '!'), ? IS NULL FROM big WHERE id = ?")
	must(err)
	defer statement.Close()
	for id := int64(0); id < 50; id++ {
		var txt, joined string
		var sum int64
		var null bool
		must(statement.QueryRow(id, "text", nil, id).Scan(&txt, &sum, &joined, &null))
		equal(fmt.Sprintf("%s|%d|%s|%t", txt, sum, joined, null), fmt.Sprintf("row %d|%d|text!|true", id, id+1))
	}
	_, err = db.Prepare("SELECT * FROM no_such_table WHERE id = ?")
	fails(err, 1146, "42S02")
	_, err = db.Prepare("SELECT FROM WHERE ?")
	fails(err, 1064, "42000")
}

func checkErrors() {
	db := open(nil)
	defer db.Close()
	for _, c := range []struct {
		sql    string
		number uint16
		state  string
	}{{"SELEC 1", 1064, "42000"}, {"SELECT * FROM no_such_table", 1146, "42S02"}, {"SELECT nope FROM big", 1054, "42S22"},
		{"CREATE TABLE big (id INT)", 1050, "42S01"}, {"INSERT INTO keyed SELECT 1, 'a' UNION ALL SELECT 1, 'b'", 1062, "23000"}} {
		_, err := db.Exec(c.sql)
		fails(err, c.number, c.state)
	}
	must(db.Ping())
}

func multiStatements() {
	db := open(func(c *mysql.Config) { c.MultiStatements = true })
	defer db.Close()
	rows, err := db.Query("SELECT 1; SELECT 'x;y'; SELECT 3")
	must(err)
	defer rows.Close()
	var got []string
	for {
		for rows.Next() {
			var value string
			must(rows.Scan(&value))
			got = append(got, value)
		}
		if !rows.NextResultSet() {
			break
		}
	}
	must(rows.Err())
	equal(got, []string{"1", "x;y", "3"})
}

func bigResult() {
	db := open(nil)
	defer db.Close()
	rows, err := db.Query("SELECT id, txt FROM big WHERE id >= ?", 0)
	must(err)
	defer rows.Close()
	var count, total, id int64
	var txt sql.RawBytes
	for rows.Next() {
		must(rows.Scan(&id, &txt))
		count, total = count+1, total+id
	}
	must(rows.Err())
	equal(fmt.Sprint(count, total), fmt.Sprint(bigRows, bigRows*(bigRows-1)/2))
}

func killQuery() {
	db := open(nil)
	defer db.Close()
	connection, err := db.Conn(context.Background())
	must(err)
	defer connection.Close()
	var id int64
	must(connection.QueryRowContext(context.Background(), "SELECT CONNECTION_ID()").Scan(&id))
	go func() {
		time.Sleep(500 * time.Millisecond)
		db.Exec(fmt.Sprintf("KILL QUERY %d", id))
	}()
	var sum sql.NullString
	fails(connection.QueryRowContext(context.Background(), slowQuery).Scan(&sum), 1317, "70100")
	must(connection.PingContext(context.Background()))
}

// A context that ends makes the driver hang up: the server must stop the statement nobody waits for.
func clientGone() {
	if os.Getenv("T_FLAVOUR") == "mariadb" {
		panic(skipped{"notices it only when it writes"})
	}
	db := open(nil)
	defer db.Close()
	var sum sql.NullString
	ending, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
	defer cancel()
	if err := db.QueryRowContext(ending, slowQuery).Scan(&sum); err == nil {
		panic(failure{"the statement ended before its deadline"})
	}
	running := ""
	for tries := 0; tries < 100; tries++ {
		running = scalar(db, "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'SELECT SUM(a.id%'")
		if running == "0" {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	panic(failure{"10 s after the client hung up its statement still runs: " + running})
}

func localInfile() {
	db := open(nil)
	defer db.Close()
	mysql.RegisterLocalFile(os.Getenv("T_FILE"))
	_, err := db.Exec("DELETE FROM loaded")
	must(err)
	result, err := db.Exec("LOAD DATA LOCAL INFILE '" + os.Getenv("T_FILE") + "' INTO TABLE loaded FIELDS TERMINATED BY ','")
	must(err)
	count, _ := result.RowsAffected()
	equal(count, int64(1000))
}

func transactions() {
	db := open(nil)
	defer db.Close()
	for _, keep := range []bool{false, true} {
		transaction, err := db.BeginTx(context.Background(), nil)
		must(err)
		_, err = transaction.Exec("INSERT INTO keyed VALUES (?, 'go')", 500)
		must(err)
		equal(scalar(db, "SELECT COUNT(*) FROM keyed WHERE id = 500"), "0")
		if keep {
			must(transaction.Commit())
		} else {
			must(transaction.Rollback())
		}
		equal(scalar(db, "SELECT COUNT(*) FROM keyed WHERE id = 500") == "1", keep)
	}
	_, err := db.Exec("DELETE FROM keyed WHERE id = 500")
	must(err)
}

func metadata() {
	db := open(nil)
	defer db.Close()
	rows, err := db.Query("SELECT * FROM types WHERE id = 1")
	must(err)
	defer rows.Close()
	columns, err := rows.ColumnTypes()
	must(err)
	var got []string
	for _, column := range columns {
		got = append(got, column.Name()+" "+column.DatabaseTypeName())
	}
	equal(strings.Join(got[2:11], ", "), "i8 TINYINT, i16 SMALLINT, i32 INT, i64 BIGINT, f32 FLOAT, f64 DOUBLE, d DECIMAL, dt DATE, ts DATETIME")
	precision, scale, known := columns[8].DecimalSize()
	equal(fmt.Sprint(precision, scale, known), "38 10 true")
}

// Many connections at once, each with statements of its own.
func parallel() {
	db := open(nil)
	defer db.Close()
	db.SetMaxOpenConns(32)
	var wait sync.WaitGroup
	problems := make(chan string, 32)
	for worker := 0; worker < 32; worker++ {
		wait.Add(1)
		go func(worker int64) {
			defer wait.Done()
			for i := int64(0); i < 50; i++ {
				var txt string
				id := worker*1000 + i
				if err := db.QueryRow("SELECT txt FROM big WHERE id = ?", id).Scan(&txt); err != nil || txt != fmt.Sprint("row ", id) {
					problems <- fmt.Sprintf("%d: %q %v", id, txt, err)
					return
				}
			}
		}(int64(worker))
	}
	wait.Wait()
	close(problems)
	for problem := range problems {
		panic(failure{problem})
	}
}

func run(name string, check func()) {
	defer func() {
		switch problem := recover().(type) {
		case nil:
			fmt.Println("ok", name)
		case skipped:
			fmt.Printf("skip %s: %s\n", name, problem.text)
		case failure:
			fmt.Printf("FAIL %s: %s\n", name, strings.ReplaceAll(problem.text, "\n", " "))
		default:
			fmt.Printf("FAIL %s: %v\n", name, problem)
		}
	}()
	check()
}

func main() {
	certificate, err := os.ReadFile(os.Getenv("T_CA"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(certificate)
	mysql.RegisterTLSConfig("pinned", &tls.Config{RootCAs: pool, ServerName: "localhost"})
	mysql.SetLogger(nothing{})

	run("connect", connect)
	run("tls", checkTLS)
	run("auth_native", authNative)
	run("auth_caching_sha2", authSha2)
	run("types", types)
	run("prepared", prepared)
	run("errors", checkErrors)
	run("multi_statements", multiStatements)
	run("big_result", bigResult)
	run("kill_query", killQuery)
	run("client_gone", clientGone)
	run("local_infile", localInfile)
	run("transactions", transactions)
	run("metadata", metadata)
	run("parallel", parallel)
}

type nothing struct{}

func (nothing) Print(...interface{}) {}
