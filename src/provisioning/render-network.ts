import type { BoxSettings } from './box-settings.js'

/** The box's own address on its Wi-Fi, as in appliance/network/20-clinic.network. */
const CLINIC_ADDRESS = '10.77.0.1'
const lines = (...each: readonly string[]): string => `${each.join('\n')}\n`

/** Bytes as hostapd reads them without quoting: `ssid2=<hex>`. */
const hex = (text: string): string => Buffer.from(text).toString('hex')

type Wifi = NonNullable<BoxSettings['wifi']>

/** Configuration of hostapd: WPA2 and WPA3 side by side (old tablets know only the first), management frames protected where both can. */
export const hostapdConf = ({ name, passphrase, country, channel }: Wifi): string => lines(
  'driver=nl80211', `ssid2=${hex(name)}`, 'utf8_ssid=1', `country_code=${country}`, 'ieee80211d=1',
  'hw_mode=g', `channel=${channel}`, 'ieee80211n=1', 'wmm_enabled=1', 'max_num_sta=32',
  'auth_algs=1', 'wpa=2', 'wpa_key_mgmt=WPA-PSK SAE', 'rsn_pairwise=CCMP', 'ieee80211w=1', 'sae_require_mfp=1', `wpa_passphrase=${passphrase}`,
  // Tablets of the clinic have nothing to say to each other.
  'ap_isolate=1', 'ctrl_interface=/run/hostapd'
)

/** Addresses and names for the tablets. Every name leads to the box: that is how a tablet finds out that it has to open the page. */
export const dnsmasqConf = (): string => lines(
  'interface=clinic0', 'except-interface=lo', 'bind-dynamic', 'user=nobody', 'no-resolv', 'no-hosts', 'no-poll', 'log-facility=-',
  'domain=home.arpa', `address=/#/${CLINIC_ADDRESS}`, 'dhcp-authoritative', 'dhcp-range=10.77.0.50,10.77.0.250,255.255.255.0,12h',
  `dhcp-option=option:router,${CLINIC_ADDRESS}`, `dhcp-option=option:dns-server,${CLINIC_ADDRESS}`,
  'dhcp-leasefile=/run/screenpost-names/leases', 'cache-size=0'
)

/** What the firewall has to know beside appliance/nftables: which interfaces are a way out only. Names as the kernel gives them. */
export const interfacesNft = (settings: Pick<BoxSettings, 'wired'>, wired: readonly string[]): string => {
  const names = settings.wired === 'uplink' ? wired.filter((name) => /^[a-z0-9]{1,15}$/.test(name)) : []
  return names.length > 0 ? `add element inet screenpost uplink_only { ${names.map((name) => `"${name}"`).join(', ')} }\n` : ''
}
