/*
 * curl_linked.c - libcurl where the program is linked with it (see curl_lazy.c for where it is
 * not).
 */
#include "net/http_client_int.h"

bool http_open_curl(struct err *e)
{
	(void)e;
	return true;
}
